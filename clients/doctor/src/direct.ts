// Calls that no browser makes: those about the user, and a look at the certificates.

import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as http, type IncomingMessage } from "node:http";
import { request as https } from "node:https";
import type { TLSSocket } from "node:tls";
import { rootCertificates } from "node:tls";
import type { Plan } from "./plan.js";
import { Unusable } from "./unusable.js";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** SHA-256 of the public key of the server, in base64; none over plain http. */
  readonly pin: string | undefined;
}

export interface Ask {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Reach = Pick<Plan, "ca" | "connect" | "timeoutMs">;

/** Asks a server, whose certificate is checked. */
export function ask(
  url: string,
  reach: Reach,
  { method = "GET", body, headers }: Ask = {},
): Promise<Answer> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const authorities = reach.ca === undefined ? {} : { ca: [...rootCertificates, read(reach.ca)] };
  const options = {
    host: reach.connect ?? hostname,
    servername: hostname,
    port,
    path: pathname + search,
    method,
    headers: {
      host,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    timeout: reach.timeoutMs,
    agent: false,
    ...authorities,
  };
  return new Promise((done, fail) => {
    const give = (why: string): void => fail(new Unusable(`${url} cannot be reached: ${why}.`));
    const asked = (protocol === "https:" ? https : http)(options, (answer) => {
      const pin = pinOf(answer);
      text(answer).then(
        (said) => done({ status: answer.statusCode ?? 0, body: parsed(said), pin }),
        (error: Error) => give(error.message),
      );
    });
    asked.on("timeout", () =>
      asked.destroy(new Error(`no answer within ${reach.timeoutMs / 1000} s`)),
    );
    asked.on("error", (error: NodeJS.ErrnoException) => give(explain(error)));
    asked.end(body);
  });
}

const UNTRUSTED = /CERT|SIGNED|UNABLE_TO|ISSUER|ALTNAME/;

function explain({ code = "", message }: NodeJS.ErrnoException): string {
  if (!UNTRUSTED.test(code)) return message || code;
  return `its certificate is not trusted (${code}); serve one of a public authority with the whole chain, or give its authority with --ca FILE`;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Unusable(`--ca: ${(error as Error).message}.`);
  }
}

function pinOf({ socket }: IncomingMessage): string | undefined {
  const { raw } = (socket as Partial<TLSSocket>).getPeerCertificate?.() ?? {};
  if (raw === undefined) return undefined;
  const key = new X509Certificate(raw).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

async function text(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
