import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import type { Director } from "./director.js";
import type { Operation, Problem } from "./document.js";
import type { Failure } from "./failures.js";
import { provoke, type Target } from "./target.js";

/** How long the headers of a slow answer take. */
const SLOW_MS = 600;

/** A request with its body, and what it is by the document. */
interface Asked {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly operation: Operation | undefined;
}

/** Stands in front of an API, and makes requests fail as the director says. */
export class ChaosProxy {
  target: Target;
  readonly #operations: readonly Operation[];
  readonly #director: Director;
  readonly #server: Server;

  constructor(target: Target, director: Director, operations: readonly Operation[]) {
    this.target = target;
    this.#operations = operations;
    this.#director = director;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        console.error(`chaos: ${request.method} ${request.url}: ${String(error)}`);
        if (!response.headersSent) response.writeHead(502);
        response.end();
      });
    });
  }

  /** Listens at the host name of the API, so that its cookies fit. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "localhost", resolve));
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytes(request);
    const { pathname } = new URL(this.url + request.url);
    const operation = this.#operations.find(
      ({ method, pattern }) => method === request.method && pattern.test(pathname),
    );
    // What the test itself sends is not of the page.
    const isOfTest = /^Playwright\//.test(request.headers["user-agent"] ?? "");
    if (operation === undefined || isOfTest) {
      return this.#relay({ request, body, operation: undefined }, response);
    }
    const { failure, first } = this.#director.arrive(operation, arrivalOf(request));
    const asked = { request, body, operation };
    if (failure === undefined) return this.#relay(asked, response);
    await this.#fail(asked, response, operation, failure, first);
  }

  async #fail(
    asked: Asked,
    response: ServerResponse,
    operation: Operation,
    failure: Failure,
    first: boolean,
  ): Promise<void> {
    const { problem } = failure;
    if (problem !== undefined && !this.target.control) return answer(problem, asked, response);
    if (problem !== undefined || first) {
      await provoke(this.target, operation, failure, asked.request.headers).catch((error) => {
        this.#director.spoil();
        throw error;
      });
    }
    if (failure.kind === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    // The other tab is first, and this tab does not see its answer.
    if (failure.kind === "second tab" && first) {
      const other = await this.#forward(asked);
      await bytes(other);
    }
    await this.#relay(asked, response, failure.kind);
  }

  /** Gives the service's answer to the page, without what is lost of it. */
  async #relay(asked: Asked, response: ServerResponse, kind?: Failure["kind"]): Promise<void> {
    const answered = await this.#forward(asked);
    const { statusCode: status = 502, headers } = answered;
    if (asked.operation !== undefined) {
      const setsCookie = headers["set-cookie"] !== undefined;
      this.#director.answered(asked.operation, arrivalOf(asked.request), status, setsCookie);
    }
    if (kind === "lost answer") {
      await bytes(answered);
      response.socket?.destroy();
      return;
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined || HOP_BY_HOP.has(name)) continue;
      if (name === "set-cookie") {
        if (kind !== "cookie refused") response.setHeader(name, [value].flat().map(ofThisHost));
      } else if (name === "location") {
        response.setHeader(name, String(value).replace(this.target.url, this.url));
      } else response.setHeader(name, value);
    }
    // A browser repeats a request by itself if a used connection ends.
    response.setHeader("connection", "close");
    response.writeHead(status);
    answered.pipe(response);
  }

  #forward({ request, body }: Asked): Promise<IncomingMessage> {
    // A path such as //other/ names no other host.
    const url = new URL(this.target.url + request.url);
    const headers = { ...request.headers, host: url.host };
    delete headers.connection;
    for (const name of ["origin", "referer"] as const) {
      const value = headers[name];
      if (value?.startsWith(this.url)) headers[name] = value.replace(this.url, url.origin);
    }
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = send(url, { method: request.method, headers }, resolve);
      sent.on("error", reject);
      sent.end(body);
    });
  }
}

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding"]);

const ofThisHost = (cookie: string): string => cookie.replace(/;\s*domain=[^;]*/i, "");

const arrivalOf = ({ headers }: IncomingMessage) => ({
  hasCredential: headers.authorization !== undefined || headers.cookie !== undefined,
  bearer: /^bearer /i.test(headers.authorization ?? ""),
});

/** Answers instead of an API that cannot be told to fail. */
function answer(problem: Problem, { request }: Asked, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin !== undefined) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader("access-control-expose-headers", "Retry-After");
  }
  if (problem.waits) response.setHeader("retry-after", "60");
  response.setHeader("connection", "close");
  response.writeHead(problem.status, { "content-type": problem.type });
  const isText = typeof problem.body === "string" && !problem.type.includes("json");
  response.end(isText ? problem.body : JSON.stringify(problem.body));
}

/** All of a body. */
async function bytes(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
