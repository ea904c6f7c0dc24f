import { words } from "./words/index.js";

/** A `User-Agent` header in words. The first match wins: most browsers claim to be others, too. */
export function deviceOf(userAgent = ""): string {
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  if (!browser) return userAgent || words.unknownDevice;
  return system ? words.device(browser, system) : browser;
}

type Known = readonly (readonly [name: string, pattern: RegExp])[];

const BROWSERS: Known = [
  ["Firefox", /Firefox|FxiOS/],
  ["Edge", /Edg/],
  ["Opera", /OPR/],
  ["Chrome", /Chrome|CriOS/],
  ["Safari", /Safari/],
];

const SYSTEMS: Known = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];
