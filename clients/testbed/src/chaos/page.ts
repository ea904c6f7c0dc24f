import type { Seen } from "./verdict.js";

/** What the script in a page says to the observer. */
export type Said =
  | { readonly kind: "unhandled rejection" | "uncaught error"; readonly message: string }
  | { readonly kind: "signed out" };

/** Runs in each page before its own scripts. */
export function listen({ signedOut, skewMs }: { signedOut: string; skewMs: number }): void {
  const say = (said: unknown) =>
    (globalThis as unknown as { bifronsChaos?: (said: unknown) => void }).bifronsChaos?.(said);
  const later = globalThis.setTimeout.bind(globalThis);
  const every = globalThis.setInterval.bind(globalThis);
  const tell = (kind: string, event: Event, reason: unknown) =>
    later(() => event.defaultPrevented || say({ kind, message: String(reason) }), 0);
  addEventListener("unhandledrejection", (event) => {
    tell("unhandled rejection", event, event.reason);
  });
  addEventListener("error", (event) => {
    if (event instanceof ErrorEvent) tell("uncaught error", event, event.message);
  });
  every(() => {
    const forms = [...document.querySelectorAll(signedOut)];
    if (forms.some((form) => form.checkVisibility())) say({ kind: "signed out" });
  }, 100);
  if (skewMs === 0) return;
  const now = Date.now.bind(Date);
  globalThis.Date = new Proxy(Date, {
    construct: (date, given, made) =>
      Reflect.construct(date, given.length === 0 ? [now() + skewMs] : given, made) as Date,
    apply: (date) => new date(now() + skewMs).toString(),
    get: (date, name, receiver) =>
      name === "now" ? () => now() + skewMs : Reflect.get(date, name, receiver),
  });
}

/** Runs in a page: how it looks now. */
export function look(signedOut: string): Pick<Seen, "blank" | "busy" | "signedOut"> {
  const shows = (selector: string) =>
    [...document.querySelectorAll(selector)].some((element) => element.checkVisibility());
  const text = document.body?.innerText.trim() ?? "";
  return {
    blank: text === "" && !shows("img, svg, canvas, video, input, button, iframe"),
    busy: shows('[aria-busy="true"], [role="progressbar"], progress:not([value])'),
    signedOut: shows(signedOut),
  };
}
