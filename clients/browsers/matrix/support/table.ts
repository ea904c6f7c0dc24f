import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Family } from "../../tests/support/cells.js";
import { FRONTENDS, VARIANTS, type Variant } from "./variants.js";

const FILE = "../../docs/doctor.md";
const BEGIN = "<!-- begin matrix -->\n";
const END = "<!-- end matrix -->\n";
const DIFFERS = "differs by server";
const FAMILIES = ["chromium", "chromium_blocking", "firefox"] as const;

/** What the browsers made of each variant, for readers of the documentation. */
export class Table {
  readonly #cells = new Map<string, Set<boolean | null>>();

  add(variant: Variant, place: number, family: Family, works: boolean | null): void {
    const key = `${variant.name} ${place} ${family}`;
    const cell = this.#cells.get(key) ?? new Set();
    this.#cells.set(key, cell.add(works));
  }

  /** The document holds this table, or of a part of the servers nothing else. With UPDATE_DOCS set the whole is written there. */
  compare({ whole }: { whole: boolean }): void {
    const text = readFileSync(FILE, "utf8");
    const [before = "", rest = ""] = text.split(BEGIN);
    const [, after = ""] = rest.split(END);
    const written = before + BEGIN + this.#render() + END + after;
    if (!whole) this.#contradictions(rest.split(END)[0] ?? "");
    else if (process.env["UPDATE_DOCS"]) writeFileSync(FILE, written);
    else expect(written).toBe(text);
  }

  /** What differs by server in the document is one thing or the other here. */
  #contradictions(documented: string): void {
    const lines = this.#render().split("\n");
    for (const [at, line] of documented.split("\n").entries()) {
      const here = lines[at]?.split(" | ") ?? [];
      for (const [column, cell] of line.split(" | ").entries()) {
        if (!cell.startsWith(DIFFERS)) expect(here[column], line).toBe(cell);
      }
    }
  }

  #render(): string {
    const places = [0, FRONTENDS.length - 1];
    const head =
      "| the API | same site: Chromium | third-party blocked | Firefox | other site: Chromium | third-party blocked | Firefox |\n";
    const rows = VARIANTS.map((variant) => {
      const cells = places.flatMap((place) =>
        FAMILIES.map((family) => this.#cell(variant, place, family)),
      );
      return `| ${variant.label} | ${cells.join(" | ")} |\n`;
    });
    return `${head}|---|---|---|---|---|---|---|\n${rows.join("")}`;
  }

  #cell(variant: Variant, place: number, family: Family): string {
    const seen = [...(this.#cells.get(`${variant.name} ${place} ${family}`) ?? [])];
    if (seen.length !== 1) return DIFFERS;
    return seen[0] ? "signed in" : "no";
  }
}
