import { type Document, type Located, operationsOf } from "../document.js";
import { answers } from "./answers.js";
import type { Change, Kind } from "./change.js";
import { credentials } from "./credentials.js";
import { inputs } from "./inputs.js";

const ORDER: readonly Kind[] = ["breaking", "unhandled", "additive"];

/** All changes from one document to the next, the worst first. */
export function compare(before: Document, after: Document): Change[] {
  const olds = byId(before);
  const news = byId(after);
  const changes: Change[] = [];
  for (const [id, old] of olds) {
    const now = news.get(id);
    if (now) changes.push(...operation(before, old, after, now));
    else
      changes.push({ kind: "breaking", operation: id, what: `${id} ${whereTo(old, olds, news)}` });
  }
  for (const id of news.keys()) {
    if (!olds.has(id)) changes.push({ kind: "additive", operation: id, what: `${id} is new` });
  }
  // The same schema may affect several places.
  const once = new Map(changes.map((change) => [change.what, change]));
  return [...once.values()].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** What to do with the version, by semver; before 1.0 the second number takes what breaks. */
export function hint(changes: readonly Change[]): string {
  // Callers are told to expect what they do not know, so that only the rest takes the first number.
  if (changes.some(({ kind }) => kind === "breaking")) return "=> major (minor before 1.0)";
  return changes.length > 0 ? "=> minor" : "=> patch: nothing that callers could notice";
}

type Operations = ReadonlyMap<string, Located>;

const byId = (document: Document): Operations =>
  new Map(operationsOf(document).map((located) => [located.id, located]));

/** What became of an operation whose name is gone. */
function whereTo({ method, path }: Located, olds: Operations, news: Operations): string {
  const other = [...news.values()].find(
    (now) => now.method === method && now.path === path && !olds.has(now.id),
  );
  return other ? `is called ${other.id} now` : "is gone";
}

function operation(before: Document, old: Located, after: Document, now: Located): Change[] {
  const moved = old.method !== now.method || old.path !== now.path;
  const where = `is ${now.method} ${now.path} now, which deployed clients do not call`;
  const at = { before, after, place: now.id };
  return [
    ...(moved ? [{ kind: "breaking" as const, what: `${now.id}: ${where}` }] : []),
    ...credentials(at, old.operation, now.operation),
    ...inputs(at, old.operation, now.operation),
    ...answers(at, old.operation, now.operation),
  ].map((difference) => ({ ...difference, operation: now.id }));
}
