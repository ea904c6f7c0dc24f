// How Chromium and Firefox read a `Set-Cookie` header, strange ones too: the table in parsing.json, which the
// doctor is held against. The judge is the server: what counts is whether it is sent the cookie.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KINDS, type Page } from "./support/browser.js";
import { listen } from "./support/ports.js";
import { visitorsOf } from "./support/visitor.js";

type Letter = "Y" | "-";

const TABLE = JSON.parse(readFileSync("parsing.json", "utf8")) as {
  readonly columns: readonly string[];
  readonly apis: readonly {
    readonly api: string;
    readonly rows: readonly (readonly [header: string, ...letters: Letter[]])[];
  }[];
};

/** A run of one character is written `{x*1025}`. */
const spread = (header: string): string =>
  header.replaceAll(/\{(.)\*(\d+)\}/g, (_, what: string, count: string) =>
    what.repeat(Number(count)),
  );

// Node refuses to send some of these headers, so the answers are written by hand.
const server = createServer((connection) => {
  connection.on("error", () => connection.destroy());
  connection.once("data", (request) => {
    const [, path = "", api = "0", row = "0"] =
      /^GET \/(\w*)\??(\d*),?(\d*) /.exec(request.toString()) ?? [];
    const host = /^host: ([^:\s]*)/im.exec(request.toString())?.[1] ?? "";
    const sent = /^cookie: (.*)$/im.exec(request.toString())?.[1]?.trim();
    const header = TABLE.apis[Number(api)]?.rows[Number(row)]?.[0] ?? "";
    const lines = ["HTTP/1.1 200 OK", "Content-Type: text/html", "Connection: close"];
    const cookies = path === "set" ? [spread(header)] : clear(sent ?? "", host);
    lines.push(...cookies.map((cookie) => `Set-Cookie: ${cookie}`));
    connection.end(`${lines.join("\r\n")}\r\n\r\n${sent === undefined ? "-" : "Y"}`);
  });
});

/** Forgets what was sent, so that each header meets an empty jar. */
function clear(sent: string, host: string): string[] {
  if (sent === "") return [];
  const pair = sent.includes("=") ? `${sent.slice(0, sent.indexOf("="))}=` : "=x";
  const jars = ["", `; Domain=${host}`, "; Partitioned"];
  return jars.map((jar) => `${pair}; Max-Age=0; Path=/; Secure; HttpOnly${jar}`);
}

let port: number;
beforeAll(async () => {
  port = await listen(server);
});
afterAll(() => void server.close());

const READERS = KINDS.filter(({ family }) => TABLE.columns.includes(family));
describe.each(READERS)("$name", (kind) => {
  const arrive = visitorsOf<Page>(kind);
  const column = TABLE.columns.indexOf(kind.family);

  test.each(TABLE.apis.map((api, at) => ({ ...api, at })))("$api", async ({ api, rows, at }) => {
    const page = await (await arrive()).open(`http://${new URL(api).hostname}:${port}/`);
    const seen = await page.run(
      async ([api, count]) => {
        const letters = [];
        for (let row = 0; row < count; row += 1) {
          // Some browsers refuse the whole answer, which is as good.
          await fetch(`/set?${api},${row}`).catch(() => undefined);
          letters.push(await (await fetch(`/next?${api},${row}`)).text());
        }
        return letters;
      },
      [at, rows.length] as const,
    );
    const said = rows.map((row, at) => [row[0], seen[at]]);
    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries(rows.map((row) => [row[0], row[column]])),
    );
  });
});
