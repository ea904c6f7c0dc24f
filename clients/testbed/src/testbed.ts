import { tell } from "./chaos/desk.js";
import type { Target } from "./chaos/target.js";
import { Control } from "./control.js";
import { type Running, run } from "./process.js";
import type {
  Database,
  Expiry,
  Fault,
  LogLine,
  Mail,
  NewUser,
  Ready,
  StartOptions,
  User,
} from "./types.js";

/** A running service, and what tests do to it. */
export class Testbed {
  /** The origin of the service. */
  readonly url: string;
  /** How long the start took, in milliseconds; 0 if another process started it. */
  readonly readyMs: number;
  /** The handler of provider states, for the verifier of Pact: its URL contains the token of the control. */
  readonly statesUrl: string;
  readonly #ready: Ready;
  readonly #control: Control;
  readonly #running: Running | undefined;

  constructor(ready: Ready, running?: Running) {
    this.#ready = ready;
    this.url = ready.url;
    this.readyMs = ready.ready_ms;
    this.statesUrl = `${ready.control.replace("://", `://testbed:${ready.token}@`)}/states`;
    this.#control = new Control(ready.control, ready.token);
    this.#running = running;
  }

  /** Creates a user, signed in if `sign_in` is given. */
  user(user: NewUser = {}): Promise<User> {
    return this.#control.call("POST", "/users", user);
  }

  /** A code that the service takes from the authenticator app of a user now. */
  async totp(user: Pick<User, "id">): Promise<string> {
    const { code } = await this.#control.call<{ code: string }>("GET", `/users/${user.id}/totp`);
    return code;
  }

  /** Where the clock stands. */
  async now(): Promise<Date> {
    return new Date((await this.#control.call<{ now: string }>("GET", "/clock")).now);
  }

  /** Moves the clock forward by seconds, and resolves when all that is due has happened. */
  async advance(seconds: number): Promise<void> {
    await this.#control.call("POST", "/clock/advance", { seconds });
  }

  /** Moves the clock forward to a time. */
  async setClock(now: Date): Promise<void> {
    await this.#control.call("PUT", "/clock", { now: now.toISOString() });
  }

  /** Makes the next requests of an operation meet a fault. Only what its document lists can happen. */
  async fault(fault: Fault): Promise<void> {
    await this.#control.call("POST", "/faults", fault);
  }

  /** Removes the faults that wait. */
  async clearFaults(): Promise<void> {
    await this.#control.call("DELETE", "/faults");
  }

  /** The problem codes that each operation can answer with. */
  async possibleFaults(): Promise<ReadonlyMap<string, readonly string[]>> {
    type Listed = { possible: { operation: string; codes: string[] }[] };
    const { possible } = await this.#control.call<Listed>("GET", "/faults");
    return new Map(possible.map(({ operation, codes }) => [operation, codes]));
  }

  /** Makes a session go bad. The clock stays where it is. */
  async expire(session: string, what: Expiry): Promise<void> {
    await this.#control.call("POST", `/sessions/${session}/expire`, { what });
  }

  /** The newest mail to an address, once more than `after` mails to it have arrived. */
  mail(to: string, options: { after?: number; timeoutMs?: number } = {}): Promise<Mail> {
    const query = new URLSearchParams({ to });
    if (options.after !== undefined) query.set("after", String(options.after));
    if (options.timeoutMs !== undefined) query.set("timeout_ms", String(options.timeoutMs));
    return this.#control.call("GET", `/mails/next?${query}`);
  }

  /** All mails, oldest first. */
  async mails(to?: string): Promise<readonly Mail[]> {
    const query = to === undefined ? "" : `?${new URLSearchParams({ to })}`;
    return (await this.#control.call<{ mails: Mail[] }>("GET", `/mails${query}`)).mails;
  }

  /** The security events after the one with this number, oldest first. */
  async events(after = 0): Promise<readonly LogLine[]> {
    return (await this.#control.call<{ lines: LogLine[] }>("GET", `/events?after=${after}`)).lines;
  }

  /** The log after the line with this number, oldest first. */
  async log(after = 0): Promise<readonly LogLine[]> {
    return (await this.#control.call<{ lines: LogLine[] }>("GET", `/log?after=${after}`)).lines;
  }

  /** Takes the database away, makes it refuse writes or slow, or brings it back. With `slow`, each statement takes `delayMs` longer. */
  async database(database: Database, delayMs?: number): Promise<void> {
    await this.#control.call("PUT", "/dependencies", { database, delay_ms: delayMs });
  }

  /** Everything is as after the start. Gives the users of the seed. */
  async reset(): Promise<readonly User[]> {
    return (await this.#control.call<{ users: User[] }>("POST", "/reset")).users;
  }

  /** The same service, called through the proxy of the chaos run with this desk. */
  async behind(desk: string): Promise<Testbed> {
    const { url, control, token } = this.#ready;
    const target: Target = { url, control: { url: control, token } };
    const proxy = await tell<{ url: string }>(desk, "/target", target);
    return new Testbed({ ...this.#ready, url: proxy.url });
  }

  /** Ends the service, if this process started it. */
  async close(): Promise<void> {
    await this.#running?.stop();
  }
}

/** Starts a service. */
export async function start(options: StartOptions = {}): Promise<Testbed> {
  const running = await run(options);
  return new Testbed(running.ready, running);
}

/** The service that `bifrons-testbed -- COMMAND` started for this process. */
export function attach(): Testbed {
  const [url, control, token] = ["BIFRONS_URL", "BIFRONS_CONTROL", "BIFRONS_CONTROL_TOKEN"].map(
    (name) => process.env[name],
  );
  if (url === undefined || control === undefined || token === undefined) {
    throw new Error(
      "There is no testbed to attach to: run the tests with bifrons-testbed -- COMMAND",
    );
  }
  return new Testbed({ url, control, token, ready_ms: 0 });
}
