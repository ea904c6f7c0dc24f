import type { IncomingHttpHeaders } from "node:http";
import { Control } from "../control.js";
import type { Operation } from "./document.js";
import type { Failure } from "./failures.js";

/** The API behind the proxy. */
export interface Target {
  readonly url: string;
  /** The control, if the API is a testbed. */
  readonly control?: { readonly url: string; readonly token: string } | undefined;
}

/** Makes a testbed do what the failure of the next request is, if it has a part in it. */
export async function provoke(
  { url, control }: Target,
  operation: Operation,
  { kind, problem }: Failure,
  headers: IncomingHttpHeaders,
): Promise<void> {
  if (control === undefined) return;
  const calls = new Control(control.url, control.token);
  if (problem !== undefined) {
    const { code, waits } = problem;
    const fault = { operation: operation.id, code, ...(waits ? { retry_after: 60 } : {}) };
    await calls.call("POST", "/faults", fault);
    return;
  }
  const what = { "access token expired": "access", "session ended": "revoked" }[kind as string];
  if (what === undefined) return;
  const own = Object.entries({
    authorization: headers.authorization,
    cookie: headers.cookie,
  }).filter((header): header is [string, string] => header[1] !== undefined);
  const session = await fetch(`${url}/v1/session`, { headers: Object.fromEntries(own) });
  const { id } = (await session.json()) as { id?: string };
  if (id !== undefined) await calls.call("POST", `/sessions/${id}/expire`, { what });
}
