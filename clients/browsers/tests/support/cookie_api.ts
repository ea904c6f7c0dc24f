import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { inject } from "vitest";
import { listen } from "./ports.js";

/** A small API that sets the cookies that the request asks for, for pages of any origin. */
export interface CookieApi {
  /** Where an API with this origin really is: the same scheme and host, with a port of today. */
  api(origin: string): string;
  /** Where a frontend with this origin really is: on another port than the API. */
  frontend(origin: string): string;
  stop(): void;
}

const MOST_HEADER_BYTES = 64 * 1024;

export async function serveCookies(): Promise<CookieApi> {
  const { cert, key } = inject("tls");
  const options = { maxHeaderSize: MOST_HEADER_BYTES };
  const tls = { ...options, cert: readFileSync(cert), key: readFileSync(key) };
  const servers = [
    createHttp(options, answer),
    createHttp(options, answer),
    createHttps(tls, answer),
    createHttps(tls, answer),
  ] as const;
  const [httpApi, httpPage, httpsApi, httpsPage] = await Promise.all(servers.map(listen));
  const at = (origin: string, http: number | undefined, https: number | undefined): string => {
    const { protocol, hostname } = new URL(origin);
    return `${protocol}//${hostname}:${protocol === "http:" ? http : https}`;
  };
  return {
    api: (origin) => at(origin, httpApi, httpsApi),
    frontend: (origin) => at(origin, httpPage, httpsPage),
    stop() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** `POST /v1/set` sets the cookies of its body; `GET /v1/sent` and `GET /sent` answer with the cookies' names. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("access-control-allow-origin", request.headers.origin ?? "null");
  response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("access-control-allow-headers", "content-type");
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
  } else if (request.url === "/v1/set") {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const cookies = JSON.parse(Buffer.concat(parts).toString()) as string[];
    response.setHeader("set-cookie", cookies).writeHead(204).end();
  } else if (request.url === "/v1/sent" || request.url === "/sent") {
    const pairs = request.headers.cookie?.split("; ") ?? [];
    response.end(JSON.stringify(pairs.map((pair) => pair.split("=")[0])));
  } else {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>A page</title><link rel="icon" href="data:,">`);
  }
}
