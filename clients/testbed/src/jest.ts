import { afterAll, beforeAll, beforeEach } from "@jest/globals";
import { start, type Testbed } from "./testbed.js";
import type { StartOptions } from "./types.js";

/**
 * A service for the tests of a file: it starts before them, is reset before each, and ends after them. Call it at the
 * top of the file, and what it gives inside of tests.
 */
export function useTestbed(options: StartOptions = {}): () => Testbed {
  let testbed: Testbed | undefined;
  const running = (): Testbed => {
    if (testbed === undefined) throw new Error("The testbed runs while tests and their hooks run");
    return testbed;
  };
  beforeAll(async () => {
    testbed = await start(options);
  });
  beforeEach(async () => {
    await running().reset();
  });
  afterAll(async () => {
    await testbed?.close();
    testbed = undefined;
  });
  return running;
}
