import type { SessionEffect } from "./shapes.js";

/** One operation of the API, as the generated table describes it. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path template: the inputs named in braces go there. */
  readonly path: `/${string}`;
  /** The inputs that go into the query string. */
  readonly query?: readonly string[];
  /** Whether the inputs that are not in path or query go into a JSON body. */
  readonly body?: true;
  /** The body's optional inputs of which "" is no value: an empty form field. */
  readonly blank?: readonly string[];
  /** Whether the body takes the client's own mode. */
  readonly mode?: true;
  /** Whether the input `version` goes into `If-Match`. */
  readonly match?: true;
  /** Whether the operation reads a bearer token. */
  readonly bearer?: true;
  /** The success statuses, if not 200. The others may come without a body. */
  readonly ok?: number | readonly number[];
  /** How a success changes the session of the caller. */
  readonly effect?: SessionEffect;
}

/** The caller's flat input object: path, query and body fields together. */
export type FlatInput = Readonly<Record<string, unknown>>;
