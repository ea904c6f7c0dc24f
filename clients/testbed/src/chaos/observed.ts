import type { BrowserContext, TestInfo, TestType } from "@playwright/test";
import { tell } from "./desk.js";
import type { Plan } from "./director.js";
import { Observer } from "./observer.js";
import { callsFromThere } from "./place.js";

/** The desk of a chaos run, inside one. */
export const desk: string | undefined = process.env["CHAOS_DESK"];

/** What the fixture `context` is made of. */
interface Made {
  readonly context: BrowserContext;
  readonly chaosPlan: Plan;
}

// biome-ignore lint/suspicious/noExplicitAny: any fixtures of a suite.
type AnyTest = TestType<any, any>;

/** Makes the tests of Playwright's `test` part of a chaos run. Outside of one, it is `test` itself. */
export function observed<T extends AnyTest>(test: T): T {
  if (desk === undefined) return test;
  const url = desk;
  const watched: AnyTest = test.extend({
    chaosPlan: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures here.
      async ({}, use: (plan: Plan) => Promise<void>, info: TestInfo) => {
        const plan = await tell<Plan>(url, "/begin", { test: nameOf(info) });
        info.skip(plan.skip, "no case is left for this test");
        await use(plan);
      },
      { auto: true },
    ],
    context: async (
      { context, chaosPlan }: Made,
      use: (context: BrowserContext) => Promise<void>,
      info: TestInfo,
    ) => {
      const observer = new Observer(context, chaosPlan);
      await observer.install();
      let isDone = false;
      const finish = async () => {
        if (isDone) return;
        isDone = true;
        await tell(url, "/end", await observer.seen());
      };
      const { fails } = chaosPlan;
      const watching = fails
        ? tell(url, "/watched", { isOver: false })
            .then(finish)
            .then(() => context.close())
        : undefined;
      watching?.catch(() => undefined);
      await use(context);
      const { hit } = await tell<{ hit: boolean }>(url, "/watched", { isOver: true });
      await (hit ? watching : finish());
      // What the page did counts. That the test fails was to be expected.
      if (fails) info.expectedStatus = info.status ?? "passed";
    },
  });
  return copied(watched) as T;
}

/** A test that runs as often as it may have cases, in the same worker. */
function copied(test: AnyTest): AnyTest {
  const copies = Number(process.env["CHAOS_COPIES"] ?? "0");
  if (copies === 0) return test;
  return new Proxy(test, {
    apply(target, _, [title, ...rest]: [string, ...unknown[]]) {
      const call = callsFromThere();
      for (let copy = 1; copy <= copies; copy += 1) call(target, [`${title} [${copy}]`, ...rest]);
    },
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== "extend" || typeof member !== "function") return member;
      return (...fixtures: unknown[]) => copied(member.apply(target, fixtures) as AnyTest);
    },
  });
}

const nameOf = ({ project, titlePath }: TestInfo): string =>
  [project.name, ...titlePath]
    .filter((part) => part !== "")
    .join(" › ")
    .replace(/ \[\d+\]$/, "");
