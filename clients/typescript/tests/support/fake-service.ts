import type { Fetch } from "../../src/runtime/call.js";
import { empty, json, problem } from "./answers.js";
import { session, withTokens } from "./sessions.js";

/** What the service service was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: Record<string, unknown> | undefined;
}

export interface FakeService {
  readonly fetch: Fetch;
  readonly asked: Asked[];
  /** How often one path was asked for. */
  count(path: string): number;
  /** The number of the valid access token; 0 while the user is signed out. */
  valid: number;
  /** What the next refreshes answer instead; an error is thrown. */
  readonly refreshes: (Response | Error)[];
  /** Held back while set: call it to let the refreshes go on. */
  hold: Promise<void> | undefined;
}

/** A service with one user and tokens that are numbers, to be asked through a handed-in `fetch`. */
export function fakeService(refreshIn: "cookie" | "body" = "cookie"): FakeService {
  const asked: Asked[] = [];
  const inBody = refreshIn === "body";
  const next = (): Response => {
    service.valid += 1;
    return json(200, withTokens(service.valid, "s1", inBody));
  };
  const answer = async ({ method, path, token }: Asked): Promise<Response> => {
    if (method === "POST" && path === "/v1/session") return next();
    if (path === "/v1/tokens/refresh") {
      await service.hold;
      const instead = service.refreshes.shift();
      if (instead instanceof Error) throw instead;
      return instead ?? (service.valid > 0 ? next() : problem(401, "invalid_refresh_token"));
    }
    if (method === "DELETE" && path === "/v1/session") {
      service.valid = 0;
      return empty();
    }
    if (token === undefined) return problem(401, "unauthenticated");
    if (token !== `access-${service.valid}`) return problem(401, "invalid_token");
    if (path === "/v1/me/password") {
      return next();
    }
    return json(200, path === "/v1/me" ? session().user : withTokens(1).session);
  };
  const service: FakeService = {
    asked,
    count: (path) => asked.filter((one) => one.path === path).length,
    valid: 0,
    refreshes: [],
    hold: undefined,
    fetch: async (url, { method = "GET", headers, body }) => {
      const one: Asked = {
        method,
        path: new URL(url).pathname,
        token: new Headers(headers).get("authorization")?.replace("Bearer ", ""),
        body: typeof body === "string" ? JSON.parse(body) : undefined,
      };
      asked.push(one);
      return answer(one);
    },
  };
  return service;
}
