/** When to give up. */
export interface Deadline {
  /** Aborts the call; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds the whole call may take, the reading of the answer included; the call then rejects
   * with a `TimeoutError` (`DOMException`). Without one, or with `Infinity`, there is no limit.
   */
  readonly timeout?: number | undefined;
}

/** The longest delay `setTimeout` knows; it takes a longer one for none at all. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Runs `work` until the deadline. `AbortSignal.any` would be shorter, but the first Node 20 releases
 * and many browsers in use lack it, and it leaves its timer running after the answer.
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
    // A race, because `work` also waits for what knows no signal: the caller's token function.
    const expired = new Promise<never>((_, reject) => {
      deadline.onabort = () => reject(deadline.reason);
    });
    return await Promise.race([work(deadline), expired]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
