import { HttpResponse } from "msw";
import { problems, version, waits } from "../generated/service.js";
import type { Code, Schemas, WaitCode } from "./document.js";

/** An operation refuses: the answer is this problem. */
export class Refusal extends Error {
  readonly code: Code;
  readonly errors: Schemas["FieldError"][] | undefined;

  constructor(code: Code, errors?: Schemas["FieldError"][]) {
    super(code);
    this.code = code;
    this.errors = errors;
  }
}

/** The headers of each answer. */
function headersOf(request: string): Record<string, string> {
  return {
    "bifrons-version": version,
    "cache-control": "no-store",
    "x-bifrons-testbed": "1",
    "x-request-id": request,
  };
}

/** The answer of an operation that acted. */
export function success(status: number, body?: object): Response {
  const headers = headersOf(crypto.randomUUID());
  if (body === undefined) return new HttpResponse(null, { status, headers });
  return HttpResponse.json(body, { status, headers });
}

/** The answer of an operation that refused. */
export function failure({ code, errors }: Refusal, retryAfter = 1): Response {
  const request = crypto.randomUUID();
  const { status, title } = problems[code];
  const headers = headersOf(request);
  headers["content-type"] = "application/problem+json";
  if (status === 401) {
    headers["www-authenticate"] =
      code === "invalid_token" ? 'Bearer error="invalid_token"' : "Bearer";
  }
  if (status === 415) headers["accept"] = "application/json";
  if (waits.includes(code as WaitCode)) headers["retry-after"] = String(retryAfter);
  const problem: Schemas["Problem"] = {
    type: `urn:bifrons:problem:${code}`,
    title,
    status,
    code,
    instance: `urn:uuid:${request}`,
    ...(errors === undefined ? {} : { errors }),
  };
  return HttpResponse.json(problem, { status, headers });
}
