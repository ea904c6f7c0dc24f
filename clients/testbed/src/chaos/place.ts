import { runInThisContext } from "node:vm";

/** Calls a function with arguments. */
type Call = (called: unknown, args: readonly unknown[]) => void;

/**
 * Makes calls from where the caller of the caller stands. Playwright notes the place that each test is
 * called from, and chooses tests by it.
 */
export function callsFromThere(): Call {
  const place = callSites()[2];
  const filename = place?.getFileName() ?? "";
  const lineOffset = (place?.getLineNumber() ?? 1) - 1;
  const columnOffset = Math.max(0, (place?.getColumnNumber() ?? 1) - CALL.indexOf("called(") - 1);
  return runInThisContext(CALL, { filename, lineOffset, columnOffset }) as Call;
}

const CALL = "(called, args) => called(...args)";

/** The callers of this function, the nearest first, in the files that run. */
function callSites(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error;
  let sites: readonly NodeJS.CallSite[] = [];
  Error.prepareStackTrace = (_, given) => {
    sites = given.slice(1);
    return "";
  };
  const made = new Error();
  void made.stack;
  Error.prepareStackTrace = prepareStackTrace;
  return sites;
}
