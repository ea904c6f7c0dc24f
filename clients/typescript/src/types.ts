import type { Methods } from "./generated/methods.js";
import type { components, operations } from "./generated/schema.js";
import type { Answer } from "./runtime/answer.js";
import type { Call } from "./runtime/call.js";
import type { UnexpectedResponse } from "./runtime/problem.js";

/** The names of the operations, which are the names of the client's methods. */
export type OperationId = keyof operations;

type Schemas = components["schemas"];
type Success = 200 | 201 | 202 | 203 | 204;
type Responses<Id extends OperationId> = operations[Id]["responses"];

/** `never` where the operation has none, which must not swallow what it is combined with. */
type OrNothing<T> = [T] extends [never] ? unknown : T;
type Fields<Id extends OperationId, Place extends "path" | "query"> = OrNothing<
  NonNullable<operations[Id]["parameters"][Place]>
>;
type Body<Id extends OperationId> =
  NonNullable<operations[Id]["requestBody"]> extends { content: { "application/json": infer Json } }
    ? OrNothing<Json>
    : unknown;

/** One flat object; an optional field may be given as `undefined`, which means not given. */
type Flat<T> = {
  [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K];
};

/** What an operation takes: its path, query and body fields in one flat object. */
export type Input<Id extends OperationId> = unknown extends Fields<Id, "path"> &
  Fields<Id, "query"> &
  Body<Id>
  ? Readonly<Record<string, never>>
  : Flat<Fields<Id, "path"> & Fields<Id, "query"> & Body<Id>>;

/** What an operation answers; `undefined` where it answers nothing. Of several, what any of them answers. */
export type Data<Id extends OperationId> = Id extends OperationId
  ? {
      [Status in keyof Responses<Id> & Success]: Responses<Id>[Status] extends {
        content: { "application/json": infer Json };
      }
        ? Json
        : undefined;
    }[keyof Responses<Id> & Success]
  : never;

/** Every code the API's problems have. */
export type ProblemCode = Schemas["Problem"]["code"];

/** A problem as the API answers it (RFC 9457), with the codes that are possible in its place. */
export type Problem<Code extends ProblemCode = ProblemCode> = Omit<Schemas["Problem"], "code"> & {
  code: Code;
};

/** The codes with which the API can answer an operation. Of several, those of any of them. */
export type CodeOf<Id extends OperationId> = Id extends OperationId
  ? {
      [Status in Exclude<keyof Responses<Id>, Success>]: Responses<Id>[Status] extends {
        content: { "application/problem+json": { code: infer Code extends ProblemCode } };
      }
        ? Code
        : never;
    }[Exclude<keyof Responses<Id>, Success>]
  : never;

/**
 * What can go wrong with an operation: the API's problems by their `code`, and `unexpected_response`
 * for an answer that is not the API's. The union is closed, so that a `switch` over `code` can be
 * exhaustive; an API newer than this client may still send a code that it does not know.
 */
export type ProblemOf<Id extends OperationId> = Problem<CodeOf<Id>> | UnexpectedResponse;

/** What a method resolves to: `{ data, response }` or `{ problem, response }`. */
export type Result<Id extends OperationId> = Answer<Data<Id>, ProblemOf<Id>>;

/** One operation as a function: it is told through what to call, and then what its method is told. */
export type Callable<Id extends OperationId> = (
  call: Call,
  ...rest: [...Parameters<Methods[Id]>]
) => Promise<Result<Id>>;

/** The methods that resolve to the data alone, and throw a `ProblemError` for a problem. */
export type Throwing = {
  readonly [Id in OperationId]: (...rest: Parameters<Methods[Id]>) => Promise<Data<Id>>;
};
