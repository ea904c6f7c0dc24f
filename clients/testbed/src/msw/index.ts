import { type HttpHandler, http } from "msw";
import { operations, waits } from "../generated/service.js";
import { failure, Refusal } from "./answers.js";
import type { CodeOf, OperationId, Schemas } from "./document.js";
import { acting } from "./operations.js";
import { Store } from "./store.js";
import { broken, type Members } from "./validation.js";
import { type Cookies, Visitor } from "./visitor.js";

export type { Code, CodeOf, OperationId } from "./document.js";

/** A user to create. Everything has a default. */
export type MockUser = Partial<Omit<Schemas["User"], "id">> & { readonly password?: string };

/** How often a problem happens, and when the client may ask again. */
export interface FaultOptions {
  /** How many requests meet the problem; 1 if it is left out. */
  readonly times?: number;
  /** `Retry-After` in seconds, with a code that has one. */
  readonly retryAfter?: number;
}

interface Planted extends FaultOptions {
  readonly code: CodeOf<OperationId>;
  left: number;
}

const PASSWORD = "correct horse battery";

/** The service in the memory of one browser: handlers for MSW, and what tests do to it. */
export class MockService {
  /** What `setupServer` and `setupWorker` take. */
  readonly handlers: readonly HttpHandler[];
  readonly #faults = new Map<OperationId, Planted[]>();
  #store = new Store();
  #cookies: Cookies = {};
  #users = 0;

  constructor(url: string) {
    const ids = Object.keys(operations) as OperationId[];
    this.handlers = ids.map((id) => {
      const { method, path } = operations[id];
      const place = `${url.replace(/\/$/, "")}${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
      return http[method](place, ({ request }) => this.#answer(id, request));
    });
  }

  /** Creates a user. */
  user({
    password = PASSWORD,
    email,
    ...members
  }: MockUser = {}): Schemas["User"] & { password: string } {
    this.#users += 1;
    const address = email ?? `user-${this.#users}@example.com`;
    const stored = this.#store.addUser(address, password, { email_verified: true, ...members });
    if (stored === undefined) throw new Error(`a user has the address ${address} already`);
    return { ...stored.user, password };
  }

  /** Signs a user in, in mode `cookie`: the browser has a session before the first request. */
  signIn(email: string, options: { readonly remember?: boolean } = {}): void {
    const owner = this.#store.userOf(email);
    if (owner === undefined) throw new Error(`no user has the address ${email}`);
    const session = this.#store.open(owner, "cookie", options.remember ?? false, "body");
    this.#cookies.session = this.#store.issueCookie(session);
  }

  /** Ends all sessions, as a sign-out elsewhere does. The browser keeps its cookies. */
  endSessions(): void {
    this.#store.endAll();
  }

  /** Makes the next requests of an operation meet a problem that its document lists. */
  fault<Id extends OperationId>(operation: Id, code: CodeOf<Id>, options: FaultOptions = {}): void {
    const codes: readonly string[] = operations[operation].codes;
    if (!codes.includes(code)) {
      throw new Error(
        `the document lists no ${code} for ${operation}; possible: ${codes.join(", ")}`,
      );
    }
    if (options.retryAfter !== undefined && !(waits as readonly string[]).includes(code)) {
      throw new Error(`${code} has no Retry-After; possible: ${waits.join(", ")}`);
    }
    const planted = this.#faults.get(operation) ?? [];
    planted.push({ code, ...options, left: options.times ?? 1 });
    this.#faults.set(operation, planted);
  }

  /** Removes all users, sessions, cookies and faults. */
  reset(): void {
    this.#faults.clear();
    this.#store = new Store();
    this.#cookies = {};
    this.#users = 0;
  }

  /** `undefined` if the operation does not act in memory: MSW treats the request as one without a handler. */
  async #answer(id: OperationId, request: Request): Promise<Response | undefined> {
    const planted = this.#faults.get(id)?.find(({ left }) => left > 0);
    if (planted !== undefined) {
      planted.left -= 1;
      return failure(new Refusal(planted.code), planted.retryAfter);
    }
    const act = acting[id];
    if (act === undefined) return undefined;
    try {
      const visitor = new Visitor(this.#store, this.#cookies, request);
      return await act({ store: this.#store, visitor, body: () => bodyOf(id, request) });
    } catch (error) {
      if (error instanceof Refusal) return failure(error);
      throw error;
    }
  }
}

/** The body of a request, which keeps the rules of the document. */
async function bodyOf(id: OperationId, request: Request): Promise<Record<string, unknown>> {
  const operation: { readonly path: string; readonly members?: Members } = operations[id];
  if (operation.members === undefined) return {};
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
    throw new Refusal("unsupported_media_type");
  }
  const body: unknown = await request.json().catch(() => {
    throw new Refusal("malformed_request");
  });
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refusal("validation_failed", [
      { field: "", rule: "type", detail: "must be an object" },
    ]);
  }
  const errors = broken(operation.members, body as Record<string, unknown>);
  if (errors.length > 0) throw new Refusal("validation_failed", errors);
  return body as Record<string, unknown>;
}

/** A service in memory at an origin, such as `http://localhost:3000`. */
export function mockService(url: string): MockService {
  return new MockService(url);
}
