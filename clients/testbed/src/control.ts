import type { ControlProblem } from "./types.js";

/** The control refused a call. */
export class ControlError extends Error {
  override readonly name = "ControlError";

  /** What the control says, and what it would accept. */
  readonly problem: ControlProblem;

  constructor(call: string, problem: ControlProblem) {
    const possible =
      problem.possible === undefined ? "" : `; possible: ${problem.possible.join(", ")}`;
    super(`${call}: ${problem.detail}${possible}`);
    this.problem = problem;
  }
}

/** Calls the control of a testbed. */
export class Control {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Sends a request, and gives the answer's body. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const read: unknown = text === "" ? undefined : JSON.parse(text);
    if (!answer.ok) throw new ControlError(`${method} ${path}`, read as ControlProblem);
    return read as T;
  }
}
