// The verdict, for people and for programs.

import type { Row, Verdict } from "./verdict.js";

const HEAD = ["browser", "third-party cookies", "signed in", "after a reload", "why not"] as const;

const word = (is: boolean): string => (is ? "yes" : "no");

const cells = (row: Row): string[] => [
  row.browser,
  row.third_party_cookies,
  word(row.signed_in),
  word(row.kept),
  row.why ?? "",
];

/** What the one line to change is introduced with. */
const CHANGE = "Change one line";

export function table({ preview, api, works, rows, change, notes }: Verdict): string {
  const lines = [[...HEAD], ...rows.map(cells)];
  const widths = HEAD.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const padded = lines.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const end = works ? "Every browser keeps the session." : `${CHANGE}:\n  ${change}`;
  return [`${preview} signs in to ${api}`, "", ...padded, "", end, ...notes, ""].join("\n");
}

/** For the summary of a job. */
export function markdown({ preview, api, works, rows, change, notes }: Verdict): string {
  const row = (all: readonly string[]): string =>
    `| ${all.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const end = works ? "Every browser keeps the session." : `**${CHANGE}:** \`${change}\``;
  const title = `### Sign-in of ${preview} to ${api}`;
  const rule = `|${HEAD.map(() => "---|").join("")}`;
  return [
    title,
    "",
    row(HEAD),
    rule,
    ...rows.map((one) => row(cells(one))),
    "",
    end,
    ...notes,
    "",
  ].join("\n");
}

export function junit({ preview, rows, change }: Verdict): string {
  const failed = rows.filter(({ why }) => why !== null).length;
  const cases = rows.map((row) => {
    const name = `${row.browser}, third-party cookies ${row.third_party_cookies}`;
    const start = `  <testcase classname="sign-in of ${xml(preview)}" name="${xml(name)}"`;
    if (row.why === null) return `${start}/>`;
    const failure = `<failure message="${xml(row.why)}">${xml(change ?? "")}</failure>`;
    return `${start}>${failure}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="bifrons-doctor" tests="${rows.length}" failures="${failed}">`,
    ...cases,
    "</testsuite>",
    "",
  ].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const xml = (text: string): string => text.replace(/[&<>"]/g, (found) => ENTITIES[found] ?? found);

/** For the steps after this one. No value has a second line. */
export const outputs = (verdict: Verdict): string =>
  `works=${verdict.works}\nchange=${verdict.change ?? ""}\njson=${JSON.stringify(verdict)}\n`;

/** A line that the runner of GitHub shows beside the job. */
export function annotation(message: string): string {
  const escaped = message.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `::error title=Sign-in of the preview::${escaped}\n`;
}
