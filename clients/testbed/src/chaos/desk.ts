import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Director } from "./director.js";
import type { ChaosProxy } from "./proxy.js";
import type { Target } from "./target.js";
import type { Seen } from "./verdict.js";

/** Where tests say when they begin and what they saw: a listener on loopback. */
export class Desk {
  readonly #server: Server;

  constructor(director: Director, proxy: ChaosProxy) {
    const handlers: Readonly<Record<string, (body: unknown) => unknown>> = {
      "/begin": (body) => director.begin((body as { test: string }).test),
      "/watched": (body) => director.watched((body as { isOver: boolean }).isOver),
      "/end": (body) => director.end(body as Seen),
      "/target": (body) => {
        proxy.target = body as Target;
        return { url: proxy.url };
      },
    };
    this.#server = createServer(async (request, response) => {
      const handler = handlers[request.url ?? ""];
      if (handler === undefined || request.method !== "POST") {
        response.writeHead(404).end();
        return;
      }
      const answer = await handler(await json(request));
      response.end(JSON.stringify(answer ?? {}));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function json(message: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of message) text += String(chunk);
  return JSON.parse(text);
}

/** Calls the desk of the chaos run that this process belongs to. */
export async function tell<T>(url: string, path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  return (await answer.json()) as T;
}
