import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A proxy between a page and the service. It counts refreshes and can lose answers. */
export interface TestProxy {
  readonly url: string;
  /** How often a refresh was asked for. */
  refreshes: number;
  /** How many answers to refreshes it still discards. */
  losing: number;
  /** While set: forwards a POST to the service, and holds its answer until this resolves. */
  hold: Promise<void> | undefined;
  /** How many POST requests the service has answered, and how many answers are sent or abandoned. */
  received: number;
  answered: number;
  stop(): void;
}

/** Below a prefix, it forwards what is below it, without the prefix. */
export async function startProxy(service: string, prefix = ""): Promise<TestProxy> {
  const server = createServer((asked, answer) => {
    // The service is down: so is the line to it.
    carry(asked, answer).catch(() => answer.destroy());
  });
  const carry = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const refreshes = asked.method === "POST" && asked.url === "/v1/tokens/refresh";
    if (refreshes) proxy.refreshes += 1;
    const { status, headers, body } = asked.url?.startsWith(prefix)
      ? await forward(service + asked.url.slice(prefix.length), asked)
      : { status: 404, headers: {}, body: "" };
    if (refreshes && proxy.losing > 0) {
      proxy.losing -= 1;
      answer.destroy();
      return;
    }
    if (asked.method === "POST") {
      proxy.received += 1;
      await proxy.hold;
      const done = (): void => {
        proxy.answered += 1;
      };
      if (answer.destroyed) done();
      else answer.on("close", done);
    }
    // A connection for each, or the browser itself would ask again when one breaks.
    answer.writeHead(status, { ...headers, connection: "close" }).end(body);
  };
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const proxy: TestProxy = {
    url: `http://localhost:${(server.address() as AddressInfo).port}${prefix}`,
    refreshes: 0,
    losing: 0,
    hold: undefined,
    received: 0,
    answered: 0,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

async function forward(url: string, asked: IncomingMessage): Promise<Answer> {
  const { host } = new URL(url);
  const { method, headers } = asked;
  const sent = await buffer(asked);
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    const call = request(url, {
      ...{ method, headers: { ...headers, host, connection: "close" } },
    });
    call.on("response", done).on("error", fail).end(sent);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}
