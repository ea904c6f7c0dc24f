import type { Operation } from "./document.js";
import { type Case, type Failure, failuresOf, type Use } from "./failures.js";
import { type Counted, judge, type Seen, type Untouched, type Verdict } from "./verdict.js";

/** A case, and what became of it. */
export interface Result extends Case {
  readonly verdicts: readonly Verdict[];
}

/** What a test is told at its start. */
export interface Plan {
  /** There is no case for the test. */
  readonly skip: boolean;
  /** A failure is coming. */
  readonly fails: boolean;
  readonly skewMs: number;
  readonly signedOut: string;
}

/** What the proxy knows of a request. */
export interface Arrival {
  readonly hasCredential: boolean;
  readonly bearer: boolean;
}

/** Which cases run at most. */
export interface Limits {
  readonly only: readonly string[];
  readonly most: number;
  readonly windowMs: number;
  readonly signedOut: string;
}

const NOTHING: Seen = { blank: false, busy: false, signedOut: false, signedOutAt: 0, errors: [] };

/** Knows the test that runs now, and what fails for it. First tests run untouched, then cases. */
export class Director {
  readonly results: Result[] = [];
  readonly tests: Map<string, { uses: Map<string, Use>; seen: Seen }> = new Map();
  readonly #limits: Limits;
  readonly #onResult: (result: Result, left: number) => void;
  #test: string | undefined;
  #cases: Case[] | undefined;
  #case: Case | undefined;
  #counted: Counted = { hitAt: 0, requests: 0, refused: false };
  #hit: (() => void) | undefined;

  constructor(limits: Limits, onResult: (result: Result, left: number) => void) {
    this.#limits = limits;
    this.#onResult = onResult;
  }

  /** Ends the untouched run. Gives how many cases the busiest test has, and how many there are. */
  plan(operations: readonly Operation[], hasControl: boolean): { copies: number; cases: number } {
    const { only, most } = this.#limits;
    const wanted = operations.filter(({ id }) => only.length === 0 || only.includes(id));
    const cases = wanted.flatMap((operation) => {
      const test = this.#bestTest(operation.id);
      const use = this.tests.get(test ?? "")?.uses.get(operation.id);
      if (test === undefined || use === undefined) return [];
      return failuresOf(operation, use, hasControl).map((failure) => ({
        operation,
        failure,
        test,
      }));
    });
    this.#cases = cases.slice(0, most);
    const each = new Map<string, number>();
    for (const { test } of this.#cases) each.set(test, (each.get(test) ?? 0) + 1);
    return { copies: Math.max(0, ...each.values()), cases: this.#cases.length };
  }

  /** The test in which a wrong sign-out would show; otherwise any that uses the operation. */
  #bestTest(operation: string): string | undefined {
    const worth = (test: string): number => {
      const known = this.tests.get(test);
      const use = known?.uses.get(operation);
      if (known === undefined || use === undefined) return 0;
      return use.signedIn ? (known.seen.signedOutAt < use.firstAt ? 3 : 2) : 1;
    };
    return [...this.tests.keys()]
      .filter((test) => worth(test) > 0)
      .sort((a, b) => worth(b) - worth(a))[0];
  }

  begin(test: string): Plan {
    this.#finish(NOTHING);
    const { signedOut } = this.#limits;
    const at = this.#cases?.findIndex((one) => one.test === test) ?? -1;
    if (this.#cases !== undefined && at < 0) {
      return { skip: true, fails: false, skewMs: 0, signedOut };
    }
    this.#test = test;
    this.#case = this.#cases?.splice(at, 1)[0];
    this.#counted = { hitAt: 0, requests: 0, refused: false };
    if (this.#cases === undefined) this.tests.set(test, { uses: new Map(), seen: NOTHING });
    const skewMs = this.#case?.failure.skewMs ?? 0;
    return { skip: false, fails: this.#case !== undefined, skewMs, signedOut };
  }

  /** Resolves when the page has had its time after the failure. `isOver`: the test does nothing more. */
  async watched(isOver: boolean): Promise<{ hit: boolean }> {
    if (this.#counted.hitAt === 0 && isOver) return { hit: false };
    if (this.#counted.hitAt === 0) await new Promise<void>((resolve) => (this.#hit = resolve));
    const left = this.#counted.hitAt + this.#limits.windowMs - Date.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    return { hit: true };
  }

  end(seen: Seen): void {
    this.#finish(seen);
  }

  /** Gives the failure of a request that came in, and whether it is the first to meet it. */
  arrive(operation: Operation, arrival: Arrival): { failure?: Failure; first: boolean } {
    if (this.#test === undefined) return { first: false };
    if (this.#case === undefined) {
      this.#use(operation, arrival).requests += 1;
      return { first: false };
    }
    const counted = this.#counted;
    if (this.#case.operation.id !== operation.id) return { first: false };
    counted.requests += 1;
    const first = counted.hitAt === 0;
    if (first) counted.hitAt = Date.now();
    if (first) this.#hit?.();
    return { failure: this.#case.failure, first };
  }

  /** The failure could not be brought about: nothing can be said of the page. */
  spoil(): void {
    this.#counted.hitAt = 0;
  }

  /** Notes an answer that the service itself gave. */
  answered(operation: Operation, arrival: Arrival, status: number, setsCookie: boolean): void {
    if (this.#case !== undefined) {
      const { failure } = this.#case;
      // Of an access token that expired, the session is left.
      const isLeft = failure.kind === "access token expired" && !/refresh/i.test(operation.id);
      if (status === 401 && !isLeft) this.#counted.refused = true;
    } else if (this.#test !== undefined) {
      const use = this.#use(operation, arrival);
      if (use.requests === 1) use.signedIn = arrival.hasCredential && status < 400;
      use.setsCookie ||= setsCookie;
    }
  }

  #use(operation: Operation, { bearer }: Arrival): Use {
    const uses = this.tests.get(this.#test ?? "")?.uses ?? new Map<string, Use>();
    const known = uses.get(operation.id) ?? {
      requests: 0,
      firstAt: Date.now(),
      signedIn: false,
      bearer,
      setsCookie: false,
    };
    uses.set(operation.id, known);
    return known;
  }

  #finish(seen: Seen): void {
    const [test, one] = [this.#test, this.#case];
    this.#test = undefined;
    this.#case = undefined;
    const before: Untouched | undefined = this.tests.get(test ?? "");
    if (test === undefined || before === undefined) return;
    if (one === undefined) {
      if (this.#cases === undefined)
        this.tests.set(test, { ...before, uses: new Map(before.uses), seen });
      return;
    }
    const result = { ...one, verdicts: judge(one, before, this.#counted, seen) };
    this.results.push(result);
    this.#onResult(result, this.#cases?.length ?? 0);
  }
}
