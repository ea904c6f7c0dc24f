import { type Case, endsSession, type Use } from "./failures.js";

/** What became of a page. */
export type Verdict =
  | "handled"
  | "blank page"
  | "unhandled rejection"
  | "uncaught error"
  | "wrong sign-out"
  | "retry storm"
  | "endless wait"
  | "not reached";

/** What an observer saw of the pages of a test. */
export interface Seen {
  readonly blank: boolean;
  /** Something says that the page is busy. */
  readonly busy: boolean;
  /** The form for signing in is visible. */
  readonly signedOut: boolean;
  /** When that form was last visible; 0 for never. */
  readonly signedOutAt: number;
  readonly errors: readonly {
    readonly kind: "unhandled rejection" | "uncaught error";
    readonly message: string;
  }[];
}

/** A test while nothing failed. */
export interface Untouched {
  readonly uses: ReadonlyMap<string, Use>;
  readonly seen: Seen;
}

/** What the proxy counted while a case ran. */
export interface Counted {
  hitAt: number;
  /** Requests of the operation from the first one on. */
  requests: number;
  /** The page was told that it has no session, by an answer that was not the failure itself. */
  refused: boolean;
}

/** A page may repeat a request this often while it is watched. */
const REPEATS = 5;

/** Judges one case. An empty list never comes back: a page without a fault has `handled`. */
export function judge(one: Case, before: Untouched, counted: Counted, seen: Seen): Verdict[] {
  if (counted.hitAt === 0) return ["not reached"];
  const found = new Set<Verdict>();
  const use = before.uses.get(one.operation.id);
  const known = new Set(before.seen.errors.map(({ message }) => message));
  if (seen.blank && !before.seen.blank) found.add("blank page");
  for (const { kind, message } of seen.errors) if (!known.has(message)) found.add(kind);
  if (counted.requests > (use?.requests ?? 1) + REPEATS) found.add("retry storm");
  // A page that repeats is busy, and one that is told to wait may be.
  const mayWait = found.has("retry storm") || one.failure.problem?.waits === true;
  if (seen.busy && !before.seen.busy && !mayWait) found.add("endless wait");
  const mayEnd = endsSession(one.failure) || counted.refused || !use?.signedIn;
  const showsForm = seen.signedOut && before.seen.signedOutAt < (use?.firstAt ?? 0);
  if (showsForm && !mayEnd) found.add("wrong sign-out");
  return found.size === 0 ? ["handled"] : [...found];
}
