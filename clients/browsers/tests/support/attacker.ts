// What a page that means harm does. All of it runs in the page.

import type { Person } from "./people.js";

/** Runs in the page. */
export async function ask(api: string): Promise<void> {
  await fetch(`${api}/v1/session`, { mode: "no-cors", credentials: "include" }).catch(() => {});
}

/** Submits a form to a window of its own. Runs in the page. */
export function postForm({ url, type, who }: { url: string; type: string; who: Person }): void {
  const form = document.createElement("form");
  form.method = "POST";
  form.action = url;
  form.enctype = type;
  form.target = "_blank";
  const add = (name: string, value: string): void => {
    const field = document.createElement("input");
    field.name = name;
    field.value = value;
    form.append(field);
  };
  if (type === "text/plain") {
    // A form field whose name and value make JSON around the equals sign.
    const body = JSON.stringify({ ...who, x: "" });
    add(body.slice(0, -2), '"}');
  } else {
    for (const [name, value] of Object.entries(who)) add(name, value);
    add("_method", "DELETE");
  }
  document.body.append(form);
  form.submit();
}

/** How many requests of the following need no preflight. */
export const SILENT = 5;

/** Sends what needs no preflight, and what does. Runs in the page. */
export async function postSilently({ url, who }: { url: string; who: Person }): Promise<void> {
  const post = (init: RequestInit): Promise<unknown> =>
    fetch(url, { method: "POST", mode: "no-cors", credentials: "include", ...init }).catch(
      () => {},
    );
  const json = JSON.stringify(who);
  const parts = new FormData();
  for (const [name, value] of Object.entries(who)) parts.set(name, value);

  navigator.sendBeacon(url, new Blob([json], { type: "text/plain" }));
  navigator.sendBeacon(url, new Blob([json], { type: "application/json" }));
  await Promise.all([
    post({ body: json }),
    post({ body: new URLSearchParams({ ...who }) }),
    post({ body: parts }),
    // A header that this mode does not let through is left out, and the request goes as it is.
    post({ body: json, headers: { "x-http-method-override": "DELETE" } }),
    post({ mode: "cors", body: json, headers: { "content-type": "application/json" } }),
    post({ mode: "cors", method: "DELETE" }),
  ]);
}

/** Tries to learn who is signed in. Runs in the page. */
export async function spy(api: string): Promise<Record<string, string>> {
  const url = `${api}/v1/session`;
  const read = async (mode: RequestMode): Promise<string> => {
    const answer = await fetch(url, { mode, credentials: "include" });
    return `read ${await answer.text()}`;
  };
  const embed = (element: HTMLScriptElement | HTMLImageElement): Promise<string> =>
    new Promise((done) => {
      element.onload = () => done("loaded");
      element.onerror = () => done("error");
      element.src = url;
      document.body.append(element);
    });
  const name = (error: unknown): string => (error as Error).name;
  const popup = open(url);
  /** Until the answer is there, the window is empty, and any page may use it. */
  const reach = async (): Promise<string> => {
    try {
      while (popup?.document.URL === "about:blank" && !popup.closed) {
        await new Promise(requestAnimationFrame);
      }
      return popup && !popup.closed ? `read ${popup.document.URL}` : "out of reach";
    } catch {
      return "out of reach";
    }
  };
  return {
    cors: await read("cors").catch(name),
    noCors: await read("no-cors").catch(name),
    script: await embed(document.createElement("script")),
    image: await embed(document.createElement("img")),
    popup: await reach(),
  };
}

/** Frames pages, and waits for the last of them. Runs in the page. */
export async function frame(urls: string[]): Promise<void> {
  const loaded = urls.map((src) => {
    const element = document.body.appendChild(document.createElement("iframe"));
    element.src = src;
    return new Promise((done) => {
      element.onload = done;
    });
  });
  await loaded.at(-1);
}

/** Runs in the page. */
export function framesWithinReach(): number {
  return [...document.querySelectorAll("iframe")].filter((frame) => frame.contentDocument).length;
}

/** Sets the session cookie in every way that a sibling has. Runs in the page. */
export function toss(value: string): string[] {
  const host = location.hostname;
  const site = host.slice(host.indexOf(".") + 1);
  for (const name of [
    "__Host-bifrons_session",
    "__host-bifrons_session",
    "__HOST-BIFRONS_SESSION",
    "__Secure-bifrons_session",
    "bifrons_session",
  ]) {
    for (const path of ["/", "/v1", "/v1/session"]) {
      // biome-ignore lint/suspicious/noDocumentCookie: what an attacker has
      document.cookie = `${name}=${value}; Secure; Path=${path}; Domain=${site}`;
      // biome-ignore lint/suspicious/noDocumentCookie: without Secure too
      document.cookie = `${name}=${value}; Path=${path}; Domain=${site}`;
    }
  }
  // A cookie without a name, whose value looks like one with a name.
  for (const nameless of [`=__Host-bifrons_session=${value}`, `__Host-bifrons_session=${value}`]) {
    // biome-ignore lint/suspicious/noDocumentCookie: the same
    document.cookie = `${nameless}; Secure; Path=/`;
    // biome-ignore lint/suspicious/noDocumentCookie: the same
    document.cookie = `${nameless}; Secure; Path=/; Domain=${site}`;
  }
  const names = document.cookie.split("; ").map((pair) => pair.split("=")[0] ?? "");
  return [...new Set(names)].sort();
}

/** Sets more cookies for the whole site than a browser keeps. Runs in the page. */
export function crowd(): void {
  const site = location.hostname.slice(location.hostname.indexOf(".") + 1);
  for (let at = 0; at < 400; at += 1) {
    // biome-ignore lint/suspicious/noDocumentCookie: what an attacker has
    document.cookie = `crowd${at}=x; Secure; Path=/nowhere; Domain=${site}`;
  }
}
