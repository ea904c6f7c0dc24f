import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { inject } from "vitest";
import { BINARY } from "./bifrons.js";
import type { Family, Letter } from "./cells.js";

/** What the doctor says, as far as the tests look. */
export interface Report {
  readonly works: boolean;
  readonly cookies_from: "sign_in" | "probe" | null;
  readonly frontends: readonly {
    readonly origin: string;
    readonly relation: "same_origin" | "same_site" | "cross_site";
    readonly works: boolean;
    readonly cookies: readonly {
      readonly family: Family;
      readonly name: string | null;
      readonly stored: boolean | null;
      readonly partitioned: boolean;
      readonly sent: boolean | null;
      readonly why: string | null;
    }[];
  }[];
}

/** Runs `bifrons doctor` on an API of this machine, under any host name. */
export function askDoctor(
  api: string,
  frontends: readonly string[],
  ...options: string[]
): Promise<Report> {
  const { port } = new URL(api);
  const where = ["doctor", "--json", "--api", api, "--connect", `127.0.0.1:${port}`, ...options];
  return new Promise((done, fail) => {
    execFile(
      BINARY,
      [...where, "--frontend", ...frontends],
      { cwd: tmpdir(), env: { SSL_CERT_FILE: inject("tls").authority }, encoding: "utf8" },
      (_, output, complaint) => {
        // Without an answer of the API there is no report.
        if (output === "") fail(new Error(`The doctor said nothing but: ${complaint}`));
        else done(JSON.parse(output) as Report);
      },
    );
  });
}

/** What the doctor says of a cookie, in the letters of the table. */
export function letterOf({ stored, partitioned, sent }: Cookie): Letter | "never sent" {
  if (!stored) return "-";
  if (!sent) return "never sent";
  return partitioned ? "P" : "Y";
}

type Cookie = Report["frontends"][number]["cookies"][number];
