/**
 * What this runtime relies on in the API's problems (RFC 9457). The generator refuses a document
 * whose `Problem` schema says otherwise.
 */
export interface ProblemShape {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
}

/**
 * An answer that is not the API's: a proxy's error page, a redirect, a body that does not match the
 * document. The client makes it, in the shape of the API's problems.
 */
export interface UnexpectedResponse extends ProblemShape {
  readonly type: "about:blank";
  readonly code: "unexpected_response";
  /** What was wrong with the answer. */
  readonly detail: string;
  readonly errors?: never;
}

export function unexpectedResponse(response: Response, detail: string): UnexpectedResponse {
  return {
    type: "about:blank",
    title: "Unexpected response",
    status: response.status,
    code: "unexpected_response",
    detail,
  };
}

export function isProblem(value: unknown): value is ProblemShape {
  const problem = value as Readonly<Record<string, unknown>> | null | undefined;
  return (
    typeof problem?.["status"] === "number" &&
    ["type", "title", "code"].every((name) => typeof problem[name] === "string")
  );
}
