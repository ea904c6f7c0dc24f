import type { components } from "./generated/control.js";

type Schemas = components["schemas"];

/** A user to create. Everything has a default. */
export type NewUser = Partial<Schemas["NewUser"]>;

/** A user who was created. */
export type User = Schemas["User"];

/** The credentials of a session. */
export type Credentials = Schemas["Credentials"];

/** A fault: an operation, and what happens to its next requests. */
export type Fault = Schemas["Fault"];

/** A mail that was delivered. */
export type Mail = Schemas["Mail"];

/** What goes bad about a session. */
export type Expiry = Schemas["What"];

/** A line of the log, or a security event. */
export type LogLine = Schemas["LogLine"];

/** How the database is. */
export type Database = Schemas["Database"];

/** What the control refuses with. */
export type ControlProblem = Schemas["Problem"];

/** How a testbed starts. */
export interface StartOptions {
  /** The users who exist after the start and after each reset. */
  readonly users?: readonly NewUser[];
  /** Where the clock stands; the present time if it is left out. */
  readonly now?: Date | string;
  /** Settings of the service, such as `{ BIFRONS_ORIGINS: "http://localhost:5173" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The program; found in the package for this machine if it is left out. */
  readonly binary?: string;
}

/** What a testbed says when it is ready. */
export interface Ready {
  /** The origin of the service. */
  readonly url: string;
  /** The origin of the control. */
  readonly control: string;
  /** The bearer token of the control. */
  readonly token: string;
  /** How long the start took, in milliseconds. */
  readonly ready_ms: number;
}
