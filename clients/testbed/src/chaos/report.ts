import type { Result } from "./director.js";
import type { Verdict } from "./verdict.js";

/** One verdict of one case. A budget is a list of the first three members. */
export interface Row {
  readonly operation: string;
  readonly failure: string;
  readonly verdict: Verdict;
  readonly test: string;
}

/** What a budget accepts. */
export type Accepted = Pick<Row, "operation" | "failure" | "verdict">;

/** The rows of the report, those of one operation together. */
export const rowsOf = (results: readonly Result[]): readonly Row[] =>
  results
    .flatMap(({ operation, failure, test, verdicts }) =>
      verdicts.map((verdict) => ({
        operation: operation.id,
        failure: failure.name,
        verdict,
        test,
      })),
    )
    .sort((a, b) => a.operation.localeCompare(b.operation));

/** The rows that fail the run. */
export const findingsOf = (rows: readonly Row[], budget: readonly Accepted[]): readonly Row[] =>
  rows.filter(
    (row) =>
      row.verdict !== "handled" &&
      !budget.some(
        ({ operation, failure, verdict }) =>
          operation === row.operation && failure === row.failure && verdict === row.verdict,
      ),
  );

/** The report for a terminal. */
export function text(rows: readonly Row[], findings: readonly Row[]): string {
  const lines = [
    ["operation", "failure", "verdict"],
    ...rows.map((row) => {
      const isAccepted = row.verdict !== "handled" && !findings.includes(row);
      return [row.operation, row.failure, row.verdict + (isAccepted ? " (accepted)" : "")];
    }),
  ];
  const widths = [0, 1].map((at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const table = lines.map((line) =>
    line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "),
  );
  const tests = [...new Set(findings.map(({ test }) => `  ${test}`))];
  const where = tests.length === 0 ? [] : ["", "Seen in:", ...tests];
  return [...table, ...where, "", `Verdicts: ${rows.length}, to mend: ${findings.length}`].join(
    "\n",
  );
}

/** The report for what reads the XML of JUnit. */
export function junit(rows: readonly Row[], findings: readonly Row[]): string {
  const cases = rows.map((row) => {
    const head = `  <testcase classname="${xml(row.operation)}" name="${xml(row.failure)}"`;
    if (!findings.includes(row)) return `${head}/>`;
    return `${head}><failure message="${xml(row.verdict)}">${xml(row.test)}</failure></testcase>`;
  });
  const counts = `tests="${rows.length}" failures="${findings.length}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="chaos" ${counts}>`,
    ...cases,
    "</testsuite>",
    "",
  ].join("\n");
}

/** The report in SARIF 2.1.0. */
export function sarif(findings: readonly Row[]): string {
  const id = (verdict: Verdict) => verdict.replace(/ /g, "-");
  const rules = [...new Set(findings.map(({ verdict }) => verdict))].map((verdict) => ({
    id: id(verdict),
    shortDescription: { text: verdict },
  }));
  const results = findings.map((row) => ({
    ruleId: id(row.verdict),
    level: "error",
    message: { text: `${row.operation}, ${row.failure}: ${row.verdict} (${row.test})` },
    locations: [{ logicalLocations: [{ fullyQualifiedName: row.operation, kind: "function" }] }],
    partialFingerprints: { case: `${row.operation}/${row.failure}/${row.verdict}` },
  }));
  const driver = { name: "bifrons-testbed chaos", rules };
  const runs = [{ tool: { driver }, results }];
  const $schema = "https://json.schemastore.org/sarif-2.1.0.json";
  return `${JSON.stringify({ $schema, version: "2.1.0", runs }, null, 2)}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const xml = (value: string): string => value.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
