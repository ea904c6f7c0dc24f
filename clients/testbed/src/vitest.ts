import { test as base, type TestAPI } from "vitest";
import { start, type Testbed } from "./testbed.js";
import type { StartOptions } from "./types.js";

/** What each test has. */
export interface TestbedContext {
  /** The service of this worker, reset before each test. */
  testbed: Testbed;
  /** The service of this worker. */
  testbedOfWorker: Testbed;
  /** How the service starts. */
  testbedOptions: StartOptions;
}

/** Vitest's `test`, with a service of its own for each worker, which starts with these options. */
export function testbedTest(options: StartOptions = {}): TestAPI<TestbedContext> {
  return base.extend<TestbedContext>({
    testbedOptions: [options, { scope: "worker" }],
    testbedOfWorker: [
      async ({ testbedOptions }, use) => {
        const testbed = await start(testbedOptions);
        await use(testbed);
        await testbed.close();
      },
      { scope: "worker" },
    ],
    testbed: async ({ testbedOfWorker }, use) => {
      await testbedOfWorker.reset();
      await use(testbedOfWorker);
    },
  });
}

/** The same with the defaults. */
export const test: TestAPI<TestbedContext> = testbedTest();
