/** Tells the other tabs of the same origin. */
export type Tell = (message: unknown) => void;

/**
 * Joins what the tabs of an origin tell each other. Pages only: on a server everybody's requests share
 * one process, where a broadcast would carry one user's state into another's request.
 */
export function joinChannel(name: string, hear: (message: unknown) => void): Tell {
  if (typeof document === "undefined" || typeof BroadcastChannel === "undefined") return () => {};
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => hear(data);
  return (message) => channel.postMessage(message);
}
