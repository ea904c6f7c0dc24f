import type { Schemas } from "./document.js";

type FieldError = Schemas["FieldError"];

/** The rules of a member of a request body. */
interface Member {
  readonly type: string;
  readonly required?: boolean;
  readonly nullable?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

/** The members of a request body and their rules. */
export type Members = Readonly<Record<string, Member>>;

/** What is wrong with a request body: at most one rule for each field. */
export function broken(members: Members, body: Readonly<Record<string, unknown>>): FieldError[] {
  const known = Object.entries(members).flatMap(([field, member]) => {
    const rule = brokenRule(member, body[field]);
    return rule === undefined ? [] : [{ field, ...rule }];
  });
  const names = Object.keys(members).join(", ");
  const unknown = Object.keys(body)
    .filter((field) => !Object.hasOwn(members, field))
    .map((field): FieldError => {
      return { field, rule: "unknown_field", detail: `is no field; the fields are ${names}` };
    });
  return unknown.length > 0 ? unknown : known;
}

function brokenRule(member: Member, value: unknown): Omit<FieldError, "field"> | undefined {
  if (value === undefined) {
    return member.required ? { rule: "required", detail: "is required" } : undefined;
  }
  if (value === null && member.nullable) return undefined;
  if (!hasType(member.type, value)) {
    return {
      rule: "type",
      detail: `must be ${member.type === "object" ? "an" : "a"} ${member.type}`,
    };
  }
  return typeof value === "string" ? brokenText(member, value) : undefined;
}

function hasType(type: string, value: unknown): boolean {
  if (type === "object")
    return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function brokenText(member: Member, value: string): Omit<FieldError, "field"> | undefined {
  const { minLength: min = 0, maxLength: max = Number.POSITIVE_INFINITY, pattern } = member;
  const length = [...value].length;
  if (member.enum !== undefined && !member.enum.includes(value)) {
    const detail = `must be one of ${member.enum.join(", ")}`;
    return { rule: "one_of", detail, values: [...member.enum] };
  }
  if (length < min) {
    const detail = min === 1 ? "must not be empty" : `must have at least ${min} characters`;
    return { rule: "min_length", detail, min };
  }
  if (length > max) {
    return { rule: "max_length", detail: `must have at most ${max} characters`, max };
  }
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
    return { rule: "format", detail: "must have the form that the document of the service names" };
  }
  return undefined;
}
