import type { SessionEffect } from "./shapes.js";

/** One operation of the API, as the generated table describes it. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path template: the inputs named in braces go there. */
  readonly path: `/${string}`;
  /** The inputs that go into the query string. */
  readonly query?: readonly string[];
  /** The inputs that go into the JSON body. Absent when the operation has no body. */
  readonly body?: readonly string[];
  /** The body's optional inputs of which "" is no value: an empty form field. */
  readonly blank?: readonly string[];
  /** Whether the operation reads a bearer token. */
  readonly bearer?: true;
  /** How a success changes the session of the caller. */
  readonly effect?: SessionEffect;
  /** Whether a success may set or clear a cookie. */
  readonly setsCookie?: true;
  /** The success statuses, if not 200. 202 and 204 have no body. */
  readonly ok?: number | readonly number[];
}

/** The caller's flat input object: path, query and body fields together. */
export type FlatInput = Readonly<Record<string, unknown>>;
