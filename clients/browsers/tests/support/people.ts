/** A user with an account. */
export interface Person {
  readonly email: string;
  readonly password: string;
}

export const ADA: Person = { email: "ada@example.org", password: "correct horse battery staple" };
export const MALLORY: Person = { email: "mallory@example.org", password: "mallory's own password" };

let people = 0;

/** A person without an account yet. */
export function newPerson(): Person {
  people += 1;
  return { ...ADA, email: `ada${people}@example.org` };
}
