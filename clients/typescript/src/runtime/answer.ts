import type { Operation } from "./operation.js";
import { isProblem, type ProblemShape, unexpectedResponse } from "./problem.js";

/** What a call resolves to: the operation's data or a problem. */
export type Answer<Data, Problem> =
  | { readonly data: Data; readonly problem?: undefined; readonly response: Response }
  | { readonly problem: Problem; readonly data?: undefined; readonly response: Response };

/**
 * Reads a response. Throws only when the connection breaks while the body arrives: every complete
 * answer becomes data or a problem.
 */
export async function readAnswer(
  operation: Operation,
  response: Response,
): Promise<Answer<unknown, ProblemShape>> {
  // Always read: an unread body keeps its connection busy.
  const text = await response.text();
  const fail = (detail: string): Answer<unknown, ProblemShape> => ({
    problem: unexpectedResponse(response, detail),
    response,
  });

  const { ok = 200 } = operation;
  const { status } = response;
  if ([ok].flat().includes(status)) {
    if (!text && status !== 200) return { data: undefined, response };
    const data = parse(response, /^application\/json\b/i, text);
    return data === undefined ? fail("Not JSON.") : { data, response };
  }
  // Browsers hide the status of a redirect that they do not follow.
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    return fail("A redirect: correct baseUrl.");
  }
  const problem = parse(response, /^application\/problem\+json\b/i, text);
  return isProblem(problem)
    ? { problem, response }
    : fail("Not this API: check baseUrl and proxies.");
}

/** The parsed body, or `undefined` (which JSON cannot express) for another media type. */
function parse(response: Response, mediaType: RegExp, text: string): unknown {
  if (!mediaType.test(response.headers.get("content-type") ?? "")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
