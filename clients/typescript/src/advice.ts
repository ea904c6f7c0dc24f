/** What to change so that the service lets a page call it. */
export interface Advice {
  readonly sentence: string;
  /** The configuration that the sentence asks for, if it asks for one. */
  readonly setting?: readonly [key: "origins" | "dev_origins", origin: string];
}

/** The remedy for a page that the service does not list. It always passes `bifrons config check`. */
export function adviceFor(pageOrigin: string, service: string): Advice {
  const page = parse(pageOrigin);
  const api = parse(service);
  if (!page || !api) {
    return { sentence: "Open the page at an http or https address: no other can be listed." };
  }
  if (page.hostname.endsWith(".")) {
    return { sentence: `Open the page at "${pageOrigin.replace(/\.(:\d+)?$/, "$1")}".` };
  }
  const secure = page.protocol === "https:";
  if (secure && api.protocol === "https:") {
    return { sentence: add(pageOrigin), setting: ["origins", pageOrigin] };
  }
  if (secure) return { sentence: "Serve both over https." };
  if (page.hostname === api.hostname && api.protocol === "http:") {
    return { sentence: add(pageOrigin), setting: ["origins", pageOrigin] };
  }
  if (!LOOPBACK.test(page.hostname)) return { sentence: "Serve both over https." };
  const local = `http://${api.protocol === "http:" ? api.hostname : "localhost"}${page.port && `:${page.port}`}`;
  if (api.protocol === "http:") {
    return LOOPBACK.test(api.hostname)
      ? {
          sentence: `Open the page at "${local}", because browsers take "${page.hostname}" for another site. ${add(local)}`,
          setting: ["origins", local],
        }
      : { sentence: "Serve both over https." };
  }
  const opened = local === pageOrigin ? "" : `Open the page at "${local}". `;
  return {
    sentence: `${opened}Add "${local}" to its dev_origins, and use mode: "token" with refreshIn: "body".`,
    setting: ["dev_origins", local],
  };
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\]|.*\.localhost)$/;

const add = (origin: string): string => `Add "${origin}" to its origins.`;

/** The URL, if it is http or https. */
function parse(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
