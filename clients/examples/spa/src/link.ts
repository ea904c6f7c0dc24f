/** The pages that mails link to, by the last part of their addresses. */
const PAGES = ["confirm", "reset", "undo", "not-me"] as const;

/** The link of a mail: the page that it leads to, and the one-time token. */
export interface Link {
  readonly page: (typeof PAGES)[number];
  readonly token: string;
}

/** The link that opened the app, if a mail's did. Browsers send what is behind the `#` to no server. */
export const link = take();

function take(): Link | undefined {
  const { pathname, hash } = location;
  const [, token] = /^#(bfo_.+)/.exec(hash) ?? [];
  // Out of the address bar and the browser's history.
  if (token) history.replaceState(null, "", import.meta.env.BASE_URL);
  const page = PAGES.find((name) => pathname.endsWith(`/${name}`));
  return token && page ? { page, token } : undefined;
}
