import type { Methods } from "./generated/methods.js";
import type { components, operations } from "./generated/schema.js";
import type { CodesOf, DataOf, InputOf } from "./operation-types.js";
import type { Answer } from "./runtime/answer.js";
import type { Call, CallOptions } from "./runtime/call.js";
import type { UnexpectedResponse } from "./runtime/problem.js";

/** The names of the operations and of the client's methods. */
export type OperationId = keyof operations;

type Schemas = components["schemas"];

/** The input of an operation: its path, query and body fields in one flat object. */
export type Input<Id extends OperationId> = InputOf<operations[Id]>;

/** The data of an operation's answer; `undefined` where there is none. Of several operations, a union. */
export type Data<Id extends OperationId> = Id extends OperationId ? DataOf<operations[Id]> : never;

/** The codes of the API's problems. */
export type ProblemCode = Schemas["Problem"]["code"];

/** A problem (RFC 9457) with one of the given codes. */
export type Problem<Code extends ProblemCode = ProblemCode> = Omit<Schemas["Problem"], "code"> & {
  code: Code;
};

/** The codes of an operation's problems. Of several operations, a union. */
export type CodeOf<Id extends OperationId> = Id extends OperationId
  ? CodesOf<operations[Id], ProblemCode>
  : never;

/**
 * The problems of an operation by their `code`, and `unexpected_response` for an answer that is not
 * the API's. The union is closed, so that a `switch` over `code` can be exhaustive. A newer service may
 * still send another code.
 */
export type ProblemOf<Id extends OperationId> = Problem<CodeOf<Id>> | UnexpectedResponse;

/** What a method resolves to: `{ data, response }` or `{ problem, response }`. */
export type Result<Id extends OperationId> = Answer<Data<Id>, ProblemOf<Id>>;

/** What a method takes: `Input`, without the mode where the client gives its own. */
export type MethodInput<Id extends OperationId> = "refresh_in" extends keyof Input<Id>
  ? Omit<Input<Id>, "mode" | "refresh_in">
  : Input<Id>;

/** One operation as a function of `@bifrons/client/core`. */
export type Callable<Id extends OperationId> = (
  call: Call,
  ...rest: undefined extends Parameters<Methods[Id]>[0]
    ? [input?: Input<Id>, options?: CallOptions]
    : [input: Input<Id>, options?: CallOptions]
) => Promise<Result<Id>>;

/** The methods that resolve to the data, or throw a `ProblemError`. */
export type Throwing = {
  readonly [Id in OperationId]: (...rest: Parameters<Methods[Id]>) => Promise<Data<Id>>;
};
