import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Family } from "../../tests/support/cells.js";
import { FRONTENDS, VARIANTS, type Variant } from "./variants.js";

const FILE = "../../docs/doctor.md";
const BEGIN = "<!-- begin matrix -->\n";
const END = "<!-- end matrix -->\n";
const FAMILIES = ["chromium", "chromium_blocking", "firefox"] as const;
const COLUMNS = [0, FRONTENDS.length - 1].flatMap((place) =>
  FAMILIES.map((family) => [place, family] as const),
);
const HEAD =
  "| the API | same site: Chromium | third-party blocked | Firefox | other site: Chromium | third-party blocked | Firefox |\n";

/** What the browsers made of each variant, for readers of the documentation. */
export class Table {
  readonly #cells = new Map<string, Map<string, boolean>>();

  /** How many cells there are: server, variant and place. */
  cells = 0;

  add(server: string, variant: Variant, place: number, family: Family, works: boolean): void {
    const key = `${variant.name} ${place} ${family}`;
    const cell = this.#cells.get(key) ?? new Map<string, boolean>();
    this.#cells.set(key, cell.set(server, works));
    if (family === FAMILIES[0]) this.cells += 1;
  }

  /** The document holds this table, or of a part of the servers nothing else. With UPDATE_DOCS set the whole is written there. */
  compare({ whole }: { whole: boolean }): void {
    const text = readFileSync(FILE, "utf8");
    const [before = "", rest = ""] = text.split(BEGIN);
    const [documented = "", after = ""] = rest.split(END);
    const written = before + BEGIN + this.#render() + END + after;
    if (!whole) this.#contradictions(documented);
    else if (process.env["UPDATE_DOCS"]) writeFileSync(FILE, written);
    else expect(written).toBe(text);
  }

  /** Of the servers that ran, each cell holds what the document says of them. */
  #contradictions(documented: string): void {
    const rows = documented.split("\n").slice(2);
    for (const [at, variant] of VARIANTS.entries()) {
      const cells = rows[at]?.split(" | ").slice(1) ?? [];
      for (const [column, [place, family]] of COLUMNS.entries()) {
        const said = cells[column]?.replace(/ \|$/, "") ?? "";
        for (const [server, works] of this.#cells.get(`${variant.name} ${place} ${family}`) ?? []) {
          const [rule = "", exceptions = ""] = said.split(/ \(not |\)/);
          const excepted = exceptions.split(", ").includes(server);
          expect(word(works), `${variant.label} ${family} ${server}: ${said}`).toBe(
            excepted ? OPPOSITE[rule] : rule,
          );
        }
      }
    }
  }

  #render(): string {
    const rows = VARIANTS.map((variant) => {
      const cells = COLUMNS.map(([place, family]) =>
        summary(this.#cells.get(`${variant.name} ${place} ${family}`) ?? new Map()),
      );
      return `| ${variant.label} | ${cells.join(" | ")} |\n`;
    });
    return `${HEAD}|---|---|---|---|---|---|---|\n${rows.join("")}`;
  }
}

const word = (works: boolean): string => (works ? "signed in" : "no");

const OPPOSITE: Readonly<Record<string, string>> = { "signed in": "no", no: "signed in" };

/** What most servers do, and which do not: `no (not express)`. */
function summary(cell: ReadonlyMap<string, boolean>): string {
  const servers = [...cell];
  const working = servers.filter(([, works]) => works).length;
  const rule = working * 2 >= servers.length;
  const exceptions = servers.filter(([, works]) => works !== rule).map(([server]) => server);
  return exceptions.length > 0 ? `${word(rule)} (not ${exceptions.join(", ")})` : word(rule);
}
