/** When a call is abandoned. */
export interface Deadline {
  /** Aborts the call; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds for the whole call, reading the answer included. The call then rejects with a
   * `TimeoutError`. No limit by default or with `Infinity`.
   */
  readonly timeout?: number | undefined;
}

/** The longest delay of `setTimeout`, which treats a longer one as zero. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Runs `work` until the deadline. `AbortSignal.any` would be shorter, but the first Node 20 releases
 * and many browsers lack it, and its timer keeps running after the answer.
 */
export async function untilDeadline<T>(
  { signal, timeout = Infinity }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw reasonOf(signal);
  const controller = new AbortController();
  let end = (_: unknown): void => {};
  const expired = new Promise<never>((_, reject) => {
    end = (reason) => {
      reject(reason);
      controller.abort(reason);
    };
  });
  const abort = (): void => end(reasonOf(signal));
  const expire = (): void => end(named("TimeoutError", `No answer within ${timeout} ms`));

  signal?.addEventListener("abort", abort);
  const timer =
    timeout < Infinity ? setTimeout(expire, Math.min(timeout, LONGEST_DELAY)) : undefined;
  try {
    // A race, because `work` also waits for the caller's token function, which has no signal.
    return await Promise.race([work(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** React Native's signals have no reason. */
const reasonOf = (signal?: AbortSignal): unknown =>
  signal?.reason ?? named("AbortError", "Aborted");

/** Named as browsers name it, but an `Error`: React Native has no `DOMException`. */
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });
