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
  signal?.throwIfAborted();
  const controller = new AbortController();
  const deadline = controller.signal;
  const abort = (): void => controller.abort(signal?.reason);
  const expire = (): void =>
    controller.abort(new DOMException(`No answer within ${timeout} ms`, "TimeoutError"));

  signal?.addEventListener("abort", abort);
  const timer =
    timeout < Infinity ? setTimeout(expire, Math.min(timeout, LONGEST_DELAY)) : undefined;
  try {
    // A race, because `work` also waits for the caller's token function, which has no signal.
    const expired = new Promise<never>((_, reject) => {
      deadline.onabort = () => reject(deadline.reason);
    });
    return await Promise.race([work(deadline), expired]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
