/** A page's connection to the other tabs of its origin, and to its user. */
export interface PageLink {
  /** Sends a message to the other tabs. */
  send(message: unknown): void;
  close(): void;
}

export interface PageOptions {
  /** The channel that the tabs share. Without a name the tab is on its own. */
  readonly channel: string | undefined;
  readonly receive: (message: unknown) => void;
  /** The user has returned to the page, which may have missed what other pages did. */
  readonly returned: () => void;
}

/** What a client needs in pages only. A setting of the browser may forbid each part. */
export function linkPage({ channel, receive, returned }: PageOptions): PageLink {
  const tabs = channel === undefined ? undefined : openChannel(channel);
  if (tabs) tabs.onmessage = ({ data }) => receive(data);
  // In Node an open channel would keep the process, such as a test run, alive.
  tabs?.unref?.();

  const visible = (): void => {
    if (document.visibilityState === "visible") returned();
  };
  const shown = ({ persisted }: { readonly persisted?: boolean }): void => {
    // The back/forward cache restored the page as it was.
    if (persisted) returned();
  };
  const target = globalThis as Partial<typeof globalThis>;
  document.addEventListener?.("visibilitychange", visible);
  target.addEventListener?.("pageshow", shown);
  return {
    send: (message) => tabs?.postMessage(message),
    close: () => {
      tabs?.close();
      document.removeEventListener?.("visibilitychange", visible);
      target.removeEventListener?.("pageshow", shown);
    },
  };
}

type Channel = BroadcastChannel & { unref?(): void };

function openChannel(name: string): Channel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    // There is none, or a setting of the browser or a third-party frame forbids it.
    return undefined;
  }
}
