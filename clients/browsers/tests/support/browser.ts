import { startChromium } from "./chromium.js";
import { startFirefox } from "./firefox.js";
import { missingForWebKit, startWebKit } from "./webkit.js";

/** A kind of browser, with its settings for third-party cookies. */
export interface Kind<View extends Page = Tab> {
  readonly name: string;
  /** Its column in `cells.json`. */
  readonly family: "chromium" | "chromium_blocking" | "firefox" | "safari_like";
  start(): Promise<Browser<View>>;
}

/** A browser that runs. It finds every name on this machine, and no other machine. */
export interface Browser<View extends Page = Tab> {
  /** A new visitor: no cookies, no storage. */
  visitor(): Promise<Visitor<View>>;
  stop(): Promise<void>;
}

export interface Visitor<View extends Page = Tab> {
  open(url: string): Promise<View>;
  leave(): Promise<void>;
}

/** A page that a visitor looks at. */
export interface Page {
  /** Runs a function in the page. It may use nothing of the test but its argument. */
  run<Argument, Result>(
    job: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  /** Runs a script in the page, its content security policy notwithstanding. */
  inject(script: string): Promise<void>;
  reload(): Promise<void>;
}

/** A page, in a browser that lets a person act on it and tells more of it. */
export interface Tab extends Page {
  /** Types into the field with this label, in place of what stands there. */
  fill(label: string, text: string): Promise<void>;
  /** Ticks what has this label. */
  tick(label: string): Promise<void>;
  /** Presses the button with this name: the first, if there are several. */
  press(name: string): Promise<void>;
  /** What stands on the page, for a person to read. */
  text(): Promise<string>;
  /** Waits for a file of this name among what the browser saved for the page. Returns its text, once. */
  saved(name: string): Promise<string>;
  /** The `Set-Cookie` headers of all answers so far, stored by the browser or not. */
  setCookies(): Promise<string[]>;
  /** What its scripts have warned of on the console so far. */
  readonly warnings: readonly string[];
  /** The addresses of what stands in the frames of the page: a browser's page of refusal has its own. */
  frames(): Promise<string[]>;
}

/** Whether every combination runs. Otherwise those are left out that can hardly fail alone. */
export const IS_WHOLE: boolean = process.env["WHOLE"] === "1";

const withoutFirefox = process.env["WITHOUT_FIREFOX"] === "1";

/** Every kind that the tests are about. */
export const KINDS: readonly Kind[] = [
  {
    name: "Chromium, third-party cookies allowed",
    family: "chromium",
    start: () => startChromium({ thirdPartyCookies: true }),
  },
  {
    name: "Chromium, third-party cookies blocked",
    family: "chromium_blocking",
    start: () => startChromium({ thirdPartyCookies: false }),
  },
  ...(withoutFirefox
    ? []
    : [{ name: "Firefox", family: "firefox", start: startFirefox } satisfies Kind]),
];

/** One of each, where cookies of third parties play no part. */
export const BROWSERS: readonly Kind[] = KINDS.filter(
  ({ family }) => family !== "chromium_blocking",
);

/** What stands in for Safari as far as it goes, where it is installed: fewer tests are about it. */
export const STAND_INS: readonly Kind<Page>[] =
  missingForWebKit.length > 0
    ? []
    : [{ name: "WebKitGTK", family: "safari_like", start: startWebKit }];
