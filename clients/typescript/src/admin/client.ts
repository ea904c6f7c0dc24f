import type { Client } from "../client.js";
import { methodsOf } from "../methods.js";
import { isProblemError as isAnyProblemError } from "../problem-error.js";
import {
  type Call,
  type CallOptions,
  type CallSettings,
  createCall,
  type Token,
} from "../runtime/call.js";
import type { FlatInput } from "../runtime/operation.js";
import type { Methods } from "./generated/methods.js";
import { table } from "./generated/table.js";
import type { Item, ListId, OperationId, ProblemError, Throwing } from "./types.js";

/** One method for each operation of the admin API. */
export interface AdminClient extends Methods {
  /** The same operations with exceptions: they resolve to the data, or throw a `ProblemError`. */
  readonly throwing: Throwing;
  /**
   * Every item of a list, page after page. Each page is requested when its first item is. A problem is
   * thrown as a `ProblemError`.
   *
   * @example
   * for await (const user of admin.all("listUsers", { role: "editor" })) console.log(user.email);
   */
  all<Id extends ListId>(id: Id, ...rest: Parameters<Methods[Id]>): AsyncGenerator<Item<Id>, void>;
}

/** How a program reaches the admin API. */
export interface AdminKeyOptions extends Omit<CallSettings, "credentials"> {
  /**
   * A key of `bifrons admin-key create`, or a function that the client calls before each call. The client
   * sends it as `Authorization: Bearer …`, and shows it nowhere. A missing one is a `TypeError`.
   */
  readonly adminKey: Token | undefined;
}

/**
 * Makes a client of the admin API: out of the client of a signed-in administrator, or in a program with an
 * admin key. With a client it shares everything: the session and its state, the tokens and their renewal.
 *
 * @example
 * const admin = createAdminClient(client);
 * @example
 * const admin = createAdminClient({ baseUrl: "https://auth.example.org", adminKey });
 */
export function createAdminClient(using: Pick<Client, "call"> | AdminKeyOptions): AdminClient {
  const call = withVersion("call" in using ? using.call : callWithKey(using));
  const methods = methodsOf(table, call);
  return {
    ...methods,
    all: async function* (id: ListId, input?: FlatInput, options?: CallOptions) {
      let after = input?.["after"];
      do {
        const list = await methods.throwing[id]?.({ ...input, after }, options);
        const { items, next } = list as { readonly items: readonly unknown[]; next?: string };
        yield* items;
        after = next;
      } while (after !== undefined);
    },
  } as unknown as AdminClient;
}

/** Puts the version that the caller has read into `If-Match`. */
function withVersion(call: Call): Call {
  return (operation, input = {}, options = {}) => {
    if (!operation.match) return call(operation, input, options);
    const { version, ...rest } = input;
    const match = version === undefined ? {} : { "if-match": `"${version}"` };
    return call(operation, rest, { ...options, headers: { ...match, ...options.headers } });
  };
}

function callWithKey({ adminKey, ...settings }: AdminKeyOptions): Call {
  if (typeof document !== "undefined") {
    throw new TypeError("A page shows its admin key to its visitors: pass a client instead");
  }
  // At once, where it can be.
  if (typeof adminKey !== "function") checked(adminKey);
  return createCall({
    ...settings,
    credentials: "omit",
    token: async () => checked(typeof adminKey === "function" ? await adminKey() : adminKey),
  });
}

/** The key, if a header can have it. The error of `fetch` would show it. */
function checked(key: unknown): string {
  const trimmed = typeof key === "string" ? key.trim() : "";
  if (!/^[!-~]+$/.test(trimmed)) {
    throw new TypeError("adminKey is missing, or has characters that no key has");
  }
  return trimmed;
}

/** Whether an error is a `ProblemError` of the admin API, of the given operation if there is one. */
export function isProblemError<Id extends OperationId = OperationId>(
  error: unknown,
  operation?: Id,
): error is ProblemError<Id> {
  return (
    isAnyProblemError(error) &&
    (operation ? error.operation === (operation as string) : error.operation in table)
  );
}
