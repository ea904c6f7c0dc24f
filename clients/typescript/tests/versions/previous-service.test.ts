import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { previousService } from "../support/previous.js";
import type { Service } from "../support/service.js";
import { STORIES } from "../support/stories.js";

let service: Service;
beforeAll(async () => {
  process.env["SERVICE_BIN"] = await previousService();
  const { BINARY } = await import("../../../browsers/tests/support/bifrons.js");
  expect(BINARY).toBe(process.env["SERVICE_BIN"]);
  const { startService } = await import("../support/service.js");
  service = await startService();
});
afterAll(() => service?.stop());

test.each(STORIES)("this client with the previous service: %s", async (_, story) => {
  await story(createClient, service.url);
});
