import { readFile } from "node:fs/promises";

/** The `ts` blocks of a Markdown file, or of one section of it, as written. */
export async function examples(path: string, section?: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  const part = section === undefined ? text : sectionOf(text, section);
  if (part === undefined) throw new Error(`${path} has no section "${section}"`);
  return [...part.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
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
