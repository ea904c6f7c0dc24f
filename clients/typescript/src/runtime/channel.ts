/** Sends a message to the other tabs of the same origin. */
export type Broadcast = (message: unknown) => void;

/**
 * Opens the channel between the tabs of an origin. Pages only: on a server the requests of all users
 * share one process, where a broadcast would carry one user's state into another user's request.
 */
export function openChannel(name: string, receive: (message: unknown) => void): Broadcast {
  if (typeof document === "undefined" || typeof BroadcastChannel === "undefined") return () => {};
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => receive(data);
  return (message) => channel.postMessage(message);
}
