import { expect, test, vi } from "vitest";
import { untilDeadline } from "../../src/runtime/deadline.js";

const never = (): Promise<never> => new Promise(() => {});

test("passes the result on", async () => {
  expect(await untilDeadline({ timeout: 1000 }, async () => 1)).toBe(1);
  expect(await untilDeadline({ timeout: Infinity }, async () => 2)).toBe(2);
});

test("passes a failure on", async () => {
  const failure = new TypeError("fetch failed");
  await expect(untilDeadline({}, () => Promise.reject(failure))).rejects.toBe(failure);
});

test("gives up after the timeout, and says so", async () => {
  const seen: AbortSignal[] = [];
  const call = untilDeadline({ timeout: 5 }, (signal) => {
    seen.push(signal);
    return never();
  });
  await expect(call).rejects.toMatchObject({
    name: "TimeoutError",
    message: "No answer within 5 ms",
  });
  expect(seen[0]?.aborted).toBe(true);
});

test("gives up when the caller does, with the caller's reason", async () => {
  const controller = new AbortController();
  const call = untilDeadline({ signal: controller.signal }, never);
  controller.abort();
  await expect(call).rejects.toMatchObject({ name: "AbortError" });

  const reason = new Error("page left");
  await expect(untilDeadline({ signal: AbortSignal.abort(reason) }, never)).rejects.toBe(reason);
});

test("a long-lived signal keeps nothing of a finished call", async () => {
  const added: string[] = [];
  const { signal } = new AbortController();
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added.push("+");
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    added.push("-");
    remove.apply(signal, args);
  };
  await untilDeadline({ signal }, async () => 1);
  expect(added).toEqual(["+", "-"]);
});

test("a finished call leaves no timer", async () => {
  vi.useFakeTimers();
  try {
    await untilDeadline({ timeout: 1000 }, async () => 1);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a timeout longer than a timer can be is not taken for none", async () => {
  const work = (): Promise<number> => new Promise((done) => setTimeout(() => done(1), 20));
  expect(await untilDeadline({ timeout: 2 ** 40 }, work)).toBe(1);
});
