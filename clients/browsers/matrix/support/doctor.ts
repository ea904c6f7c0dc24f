import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { inject } from "vitest";
import { BINARY } from "../../tests/support/bifrons.js";
import type { Family } from "../../tests/support/cells.js";
import { BODY, type Outcome } from "./judge.js";
import { apiOf, type Resolved } from "./server.js";
import type { Variant } from "./variants.js";

interface Call {
  readonly sent: boolean;
  readonly readable: boolean;
}

/** What the doctor says, as far as the matrix looks. */
export interface Report {
  readonly condition: { readonly credentials: string } | null;
  readonly frontends: readonly {
    readonly origin: string;
    readonly judgement: "works" | "limited" | "unknown" | "fails";
    readonly sign_in: Call;
    readonly next: Call;
    readonly cookies: readonly {
      readonly family: Family;
      readonly name: string | null;
      readonly stored: boolean | null;
      readonly sent: boolean | null;
      readonly why: string | null;
    }[];
    readonly findings: readonly {
      readonly code: string;
      readonly warning: boolean;
      readonly remedy: string;
      readonly follows: string | null;
      readonly diagnosis: string | null;
    }[];
  }[];
  readonly remedies: Readonly<
    Record<
      string,
      { readonly how: Readonly<Record<string, { readonly slot: string; readonly code: string }>> }
    >
  >;
}

/** Examines the API of a variant for all frontends at once. */
export function examine(
  kind: string,
  variant: Variant,
  resolved: Resolved,
  frontends: readonly string[],
): Promise<Report> {
  const headers = Object.entries(variant.headers ?? {}).flatMap(([name, value]) => [
    "--header",
    `${name}=${value}`,
  ]);
  const pages = [...frontends, ...(variant.ownPage ? [apiOf(resolved)] : [])];
  // Two servers at once show in the names of their headers and cookies.
  const server = kind === "cookie_session" ? [] : ["--server", kind];
  const call = ["--path", "/login", "--next", "/me", "--method", resolved.method, ...headers];
  const cookie = ["--cookie", resolved.cookie_name];
  return askDoctor(variant.name, apiOf(resolved), pages, ...call, ...cookie, ...server);
}

/** Runs the doctor on an API of this machine. */
export function askDoctor(
  what: string,
  api: string,
  frontends: readonly string[],
  ...options: string[]
): Promise<Report> {
  const connect = ["--connect", `127.0.0.1:${new URL(api).port}`, "--ca", inject("tls").authority];
  const args = ["doctor", "--json", "--api", api, ...connect, "--body", BODY, ...options];
  return new Promise((done, fail) => {
    execFile(
      BINARY,
      [...args, "--frontend", ...frontends],
      { cwd: tmpdir(), env: {}, encoding: "utf8" },
      (_, output, complaint) => {
        if (output === "") fail(new Error(`${what}: the doctor reports nothing but: ${complaint}`));
        else done(JSON.parse(output) as Report);
      },
    );
  });
}

/** The doctor's opinion of one frontend in one browser family. */
export function opinion(
  { sign_in, next, cookies }: Report["frontends"][number],
  family: Family,
): Outcome {
  const cookie = cookies.find((cell) => cell.family === family);
  return {
    sign_in_sent: sign_in.sent,
    sign_in_readable: sign_in.readable,
    cookie_sent: cookie?.sent === undefined ? false : cookie.name === null ? false : cookie.sent,
    next_readable: next.readable,
  };
}
