/** A user with an account. */
export interface Person {
  readonly email: string;
  readonly password: string;
}

export const ADA: Person = { email: "ada@example.org", password: "correct horse battery staple" };
export const MALLORY: Person = { email: "mallory@example.org", password: "mallory's own password" };
