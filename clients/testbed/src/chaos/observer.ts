import type { BrowserContext, Page } from "@playwright/test";
import type { Plan } from "./director.js";
import { listen, look, type Said } from "./page.js";
import type { Seen } from "./verdict.js";

/** A page that is blank or busy gets this much more time. */
const PATIENCE_MS = 3000;

type Look = Pick<Seen, "blank" | "busy" | "signedOut">;

/** Watches the pages of a context. */
export class Observer {
  readonly #context: BrowserContext;
  readonly #plan: Plan;
  readonly #errors: Seen["errors"][number][] = [];
  #signedOutAt = 0;

  constructor(context: BrowserContext, plan: Plan) {
    this.#context = context;
    this.#plan = plan;
  }

  async install(): Promise<void> {
    await this.#context.exposeBinding("bifronsChaos", (_, said: Said) => {
      if (said.kind === "signed out") this.#signedOutAt = Date.now();
      else this.#errors.push(said);
    });
    await this.#context.addInitScript(listen, this.#plan);
  }

  /** What there is to see, once the pages are at rest or had their time. */
  async seen(): Promise<Seen> {
    const last = Date.now() + PATIENCE_MS;
    for (;;) {
      const pages = this.#context.pages().filter((page) => page.url() !== "about:blank");
      const looks = await Promise.all(pages.map((page) => this.#look(page)));
      const is = (name: keyof Look) => looks.some((one) => one[name]);
      if (is("signedOut")) this.#signedOutAt = Date.now();
      if ((!is("blank") && !is("busy")) || Date.now() > last) {
        return {
          blank: is("blank"),
          busy: is("busy"),
          signedOut: is("signedOut"),
          signedOutAt: this.#signedOutAt,
          errors: this.#errors,
        };
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** A page that does not answer is busy without end; one that is gone shows nothing wrong. */
  async #look(page: Page): Promise<Look> {
    const gone = { blank: false, busy: false, signedOut: false };
    const stuck = new Promise<Look>((resolve) =>
      setTimeout(() => resolve({ ...gone, busy: true }), 2000).unref(),
    );
    return Promise.race([page.evaluate(look, this.#plan.signedOut).catch(() => gone), stuck]);
  }
}
