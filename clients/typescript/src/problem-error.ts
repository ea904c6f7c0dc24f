import type { ProblemShape } from "./runtime/problem.js";
import type { OperationId, ProblemOf } from "./types.js";

/** Thrown by the methods of `client.throwing` when the service answers with a problem. */
export class ProblemError<Id extends OperationId = OperationId> extends Error {
  declare readonly operation: Id;
  declare readonly problem: ProblemOf<Id>;
  declare readonly response: Response;

  constructor(operation: Id, problem: ProblemOf<Id>, response: Response) {
    super(`${operation}: ${(problem as ProblemShape).title}`);
    Object.assign(this, { name: "ProblemError", operation, problem, response });
  }

  get code(): ProblemOf<Id>["code"] {
    return this.problem.code;
  }
}

/** Whether an error is a `ProblemError`, of the given operation if there is one. */
export function isProblemError<Id extends OperationId = OperationId>(
  error: unknown,
  operation?: Id,
): error is ProblemError<Id> {
  // Not `instanceof`: a program may load the client as a module and as CommonJS.
  const { name, operation: of } = (error ?? {}) as Partial<ProblemError>;
  return name === "ProblemError" && (operation === undefined || of === operation);
}
