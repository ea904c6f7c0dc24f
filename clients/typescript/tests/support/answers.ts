import type { Fetch } from "../../src/runtime/call.js";

export interface Sent {
  url: string;
  init: RequestInit & { headers: Record<string, string> };
}

/** A `fetch` that answers with the given responses in turn, and what it was asked. */
export function answering(...responses: Response[]): { fetch: Fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, init) => {
    sent.push({ url, init: init as Sent["init"] });
    const response = responses.shift();
    if (!response) throw new Error("No more answers");
    return response;
  };
  return { fetch, sent };
}

export function json(status: number, body: unknown, type = "application/json"): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": type } });
}

export function problem(status: number, code: string): Response {
  return json(
    status,
    { type: "about:blank", title: "No", status, code },
    "application/problem+json",
  );
}

export const empty = (status = 204): Response => new Response(null, { status });
