import { expect, test } from "vitest";
import { table } from "../../src/generated/table.js";
import type { Call } from "../../src/runtime/call.js";
import type { Operation } from "../../src/runtime/operation.js";

test("every operation that changes a credential survives the page", async () => {
  const kept: string[] = [];
  for (const [id, operation] of Object.entries(table)) {
    const note = async ({ setsCookie }: Operation): Promise<void> => {
      if (setsCookie) kept.push(id);
    };
    await (operation as (call: Call) => unknown)(note as never);
  }
  expect(kept).toEqual(
    expect.arrayContaining(["signIn", "refreshTokens", "reauthenticate", "changePassword"]),
  );
  expect(kept).toEqual(expect.arrayContaining(["signOut", "deleteMe", "endSession"]));
});
