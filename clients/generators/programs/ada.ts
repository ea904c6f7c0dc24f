/** A new user. */
export const ada = { email: "ada@example.org", password: "correct horse battery staple" };

export const mistaken = { ...ada, password: "not the password" };

/** Where the service is. */
export const baseUrl: string = process.env["SERVICE_URL"] ?? "";

/** What a browser would send next: Node keeps no cookies. */
export function cookiesOf(response: Pick<Response, "headers">): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}
