// Runs Metro's bundle with React Native's globals and no others.
const { readFileSync } = require("node:fs");
const { runInNewContext } = require("node:vm");

/** As React Native has it: no reason, no `throwIfAborted`, no static methods. */
class Controller {
  signal = {
    aborted: false,
    listeners: new Set(),
    addEventListener: (_, listener) => this.signal.listeners.add(listener),
    removeEventListener: (_, listener) => this.signal.listeners.delete(listener),
  };
  abort() {
    this.signal.aborted = true;
    for (const listener of this.signal.listeners) listener();
  }
}

const globals = {
  BIFRONS_URL: process.env.BIFRONS_URL,
  // Of Node, which takes its own signals only.
  fetch: (url, { signal: _, ...init }) => fetch(url, init),
  AbortController: Controller,
  ...{ Headers, URLSearchParams, console, setTimeout, clearTimeout },
  navigator: { product: "ReactNative" },
  performance: { now: () => Date.now() },
};
globals.global = globals;
globals.window = globals;
runInNewContext(readFileSync("bundle.js", "utf8"), globals);
