import type { ProblemShape } from "./runtime/problem.js";
import type { OperationId, ProblemOf } from "./types.js";

/** Thrown by the methods of `client.throwing` when the service answers with a problem. */
export class ProblemError<Id extends OperationId = OperationId> extends Error {
  override readonly name = "ProblemError";
  readonly operation: Id;
  readonly problem: ProblemOf<Id>;
  readonly response: Response;

  constructor(operation: Id, problem: ProblemOf<Id>, response: Response) {
    super(`${operation}: ${(problem as ProblemShape).title}`);
    this.operation = operation;
    this.problem = problem;
    this.response = response;
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
  return (
    error instanceof ProblemError && (operation === undefined || error.operation === operation)
  );
}
