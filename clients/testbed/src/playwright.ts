import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from "@playwright/test";
import { desk, observed } from "./chaos/observed.js";
import { start, type Testbed } from "./testbed.js";
import type { NewUser, StartOptions, User } from "./types.js";

/** What each test has. */
export interface TestbedFixtures {
  /** The service of this worker, reset before each test. */
  readonly testbed: Testbed;
  /** Who is signed in before the first page; `undefined` for a visitor. Set it with `test.use`. */
  readonly signInAs: NewUser | undefined;
  /** That user. */
  readonly signedIn: User | undefined;
}

/** What each worker has. */
export interface TestbedWorkerFixtures {
  /** How the service starts. Set it with `test.use` at the top of a file, or in the configuration. */
  readonly testbedOptions: StartOptions;
  /** The service of this worker. */
  readonly testbedOfWorker: Testbed;
}

/** Playwright's `test`, with a service of its own for each worker. */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & TestbedFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & TestbedWorkerFixtures
> = observed(
  base.extend<TestbedFixtures, TestbedWorkerFixtures>({
    testbedOptions: [{}, { option: true, scope: "worker" }],
    testbedOfWorker: [
      async ({ testbedOptions }, use) => {
        const testbed = await start(testbedOptions);
        await use(desk === undefined ? testbed : await testbed.behind(desk));
        await testbed.close();
      },
      { scope: "worker" },
    ],
    testbed: async ({ testbedOfWorker }, use) => {
      await testbedOfWorker.reset();
      await use(testbedOfWorker);
    },
    signInAs: [undefined, { option: true }],
    signedIn: async ({ testbed, signInAs }, use) => {
      await use(
        signInAs === undefined ? undefined : await testbed.user({ sign_in: "cookie", ...signInAs }),
      );
    },
    storageState: async ({ signedIn, storageState }, use) => {
      const cookies = signedIn?.credentials?.storage_state?.cookies;
      await use(cookies === undefined ? storageState : { cookies, origins: [] });
    },
  }),
);

export { expect } from "@playwright/test";
