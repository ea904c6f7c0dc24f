import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { previousClient } from "../support/previous.js";
import { type Service, startService } from "../support/service.js";
import { type Create, STORIES } from "../support/stories.js";

let previous: Create;
let service: Service;
beforeAll(async () => {
  [previous, service] = await Promise.all([previousClient(), startService()]);
});
afterAll(() => service?.stop());

test("the previous client is another one", () => {
  expect(previous).not.toBe(createClient);
});

test.each(STORIES)("the previous client with this service: %s", async (_, story) => {
  await story(previous, service.url);
});
