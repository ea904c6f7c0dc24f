/** What to change so that the service lets a page call it. */
export interface Advice {
  readonly sentence: string;
  /** The configuration that the sentence asks for, if it asks for one. */
  readonly setting?: readonly [key: "origins" | "dev_origins" | "native_origins", origin: string];
}

/** The remedy for a page that the service does not list. It always passes `bifrons config check`. */
export function adviceFor(pageOrigin: string, service: string): Advice {
  const page = parse(pageOrigin);
  const api = parse(service);
  if (!page || !api) {
    return NATIVE.test(pageOrigin)
      ? listed("native_origins", pageOrigin)
      : { sentence: "Open the page at an http or https address, or at an app's own." };
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
  if (api.protocol === "https:") return listed("dev_origins", pageOrigin);
  if (!LOOPBACK.test(api.hostname)) return { sentence: "Serve both over https." };
  const local = `http://${api.hostname}${page.port && `:${page.port}`}`;
  return {
    sentence: `Open the page at "${local}", because browsers take "${page.hostname}" for another site. ${add(local)}`,
    setting: ["origins", local],
  };
}

/** Such pages can have no cookies. */
const listed = (key: "dev_origins" | "native_origins", origin: string): Advice => ({
  sentence: `Add "${origin}" to its ${key}, and use mode: "token" with refreshIn: "body".`,
  setting: [key, origin],
});

/** The origin of an app's or an extension's pages. All files share that of `file:`. */
const NATIVE = /^(?!file:|https?:)[a-z][a-z\d+.-]*:\/\/[\w.~-]+(:\d+)?$/;

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
