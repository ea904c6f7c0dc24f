/** Carries messages between the tabs of an origin. */
export interface TabChannel {
  /** Joins the other tabs. Nothing happens where this is not possible. */
  open(): void;
  send(message: unknown): void;
  /** Leaves the other tabs for good. */
  close(): void;
}

/**
 * The channel between the tabs of an origin. Pages only: on a server the requests of all users share
 * one process, where a broadcast would carry one user's state into another user's request.
 */
export function createTabChannel(
  name: string,
  receive: (message: unknown) => void,
  usable: boolean,
): TabChannel {
  let channel: (BroadcastChannel & { unref?(): void }) | undefined;
  let closed =
    !usable || typeof document === "undefined" || typeof BroadcastChannel === "undefined";
  return {
    open: () => {
      if (channel || closed) return;
      try {
        channel = new BroadcastChannel(name);
      } catch {
        // A setting of the browser or a third-party frame forbids it: this tab is on its own.
        closed = true;
        return;
      }
      channel.onmessage = ({ data }) => receive(data);
      // In Node an open channel would keep the process, such as a test run, alive.
      channel.unref?.();
    },
    send: (message) => channel?.postMessage(message),
    close: () => {
      closed = true;
      channel?.close();
      channel = undefined;
    },
  };
}
