import type { Operation, Problem } from "./document.js";

/** What goes wrong with an operation, from its first request to the end of the test. */
export interface Failure {
  readonly name: string;
  readonly kind:
    | "problem"
    | "lost answer"
    | "slow"
    | "access token expired"
    | "session ended"
    | "second tab"
    | "clock"
    | "cookie refused";
  /** What is answered instead. */
  readonly problem?: Problem;
  /** How far the clock of the page is ahead. */
  readonly skewMs?: number;
}

/** How a test used an operation while nothing failed. */
export interface Use {
  requests: number;
  firstAt: number;
  /** The first request had a credential, and was answered with a status below 400. */
  signedIn: boolean;
  bearer: boolean;
  setsCookie: boolean;
}

/** One run of one test with one failure. */
export interface Case {
  readonly operation: Operation;
  readonly failure: Failure;
  readonly test: string;
}

const FIVE_MINUTES = 300_000;

/** What can go wrong with an operation as a test uses it. `hasControl` says whether sessions can be made to end. */
export function failuresOf(operation: Operation, use: Use, hasControl: boolean): Failure[] {
  const found: Failure[] = operation.problems.map((problem) => ({
    name: `${problem.status} ${problem.code}`,
    kind: "problem",
    problem,
  }));
  const add = (kind: Failure["kind"]) => found.push({ name: kind, kind });
  add("lost answer");
  add("slow");
  if (hasControl && use.signedIn) {
    if (use.bearer) add("access token expired");
    add("session ended");
  }
  if (/refresh/i.test(operation.id + operation.path)) add("second tab");
  if (use.signedIn) {
    found.push({ name: "clock five minutes ahead", kind: "clock", skewMs: FIVE_MINUTES });
    found.push({ name: "clock five minutes behind", kind: "clock", skewMs: -FIVE_MINUTES });
  }
  if (use.setsCookie) add("cookie refused");
  return found;
}

/** Whether a page may show its user as signed out after this failure. */
export function endsSession({ kind, problem }: Failure): boolean {
  if (kind === "problem") return problem?.status === 401 || problem?.status === 403;
  return kind === "session ended" || kind === "cookie refused";
}
