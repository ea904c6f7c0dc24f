import { readFile } from "node:fs/promises";

/** A block of code of a Markdown file. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** The file below `tests/environments` that its first line names. */
  readonly file: string | undefined;
}

/** The code in JavaScript and TypeScript of a Markdown file, or of one section of it, as written. */
export async function blocksOf(path: string, section?: string): Promise<Block[]> {
  const text = await readFile(path, "utf8");
  const part = section === undefined ? text : sectionOf(text, section);
  if (part === undefined) throw new Error(`${path} has no section "${section}"`);
  return [...part.matchAll(/^```([jt]sx?)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => {
    const [first, file] = /^\/\/ ([\w-]+\/\S+)\n/.exec(code) ?? [""];
    return { language, code: code.slice(first.length), file };
  });
}

/** The programs in TypeScript, which are complete. */
export async function examples(path: string, section?: string): Promise<string[]> {
  const blocks = await blocksOf(path, section);
  return blocks.filter(({ language, file }) => language === "ts" && !file).map(({ code }) => code);
}

function sectionOf(text: string, title: string): string | undefined {
  const sections = text.split(/^(?=#{1,6} )/m);
  const start = sections.findIndex((part) => part.match(/^#+ (.*)/)?.[1]?.trim() === title);
  if (start < 0) return undefined;
  const depth = (part: string | undefined): number => part?.match(/^#+/)?.[0].length ?? 0;
  const end = sections.findIndex((part, at) => at > start && depth(part) <= depth(sections[start]));
  return sections.slice(start, end < 0 ? undefined : end).join("");
}

/** The example with another base URL; fails when it names none. */
export function pointedAt(url: string, example: string): string {
  const pointed = example.replace(/(?<=baseUrl: )"[^"]*"/, JSON.stringify(url));
  if (pointed === example) throw new Error(`This example names no baseUrl:\n${example}`);
  return pointed;
}
