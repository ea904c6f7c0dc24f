import { ProblemError } from "./problem-error.js";
import type { Call, CallOptions } from "./runtime/call.js";
import type { FlatInput, Operation } from "./runtime/operation.js";

type Methods = Record<string, (input?: FlatInput, options?: CallOptions) => Promise<unknown>>;

/** A method for each operation of a table, and in `throwing` the same with exceptions. */
export function methodsOf(
  table: Readonly<Record<string, Operation>>,
  call: Call,
): { readonly throwing: Methods } {
  const methods: Methods = {};
  const throwing: Methods = {};
  for (const [id, operation] of Object.entries(table)) {
    methods[id] = (...rest) => call(operation, ...rest);
    throwing[id] = async (...rest) => {
      const answer = await call(operation, ...rest);
      if (answer.problem) {
        // The types of the methods say which operation has which problems.
        throw new ProblemError(id as never, answer.problem as never, answer.response);
      }
      return answer.data;
    };
  }
  return { ...methods, throwing };
}
