const { createClient } = require("@bifrons/client");

test("a user signs in", async () => {
  const client = createClient({ baseUrl: process.env.BIFRONS_URL, mode: "token" });
  const ada = { email: "jest@example.org", password: "correct horse battery" };
  await client.registerUser(ada);
  const changes = [];
  client.session.subscribe(({ status }) => changes.push(status));
  await client.throwing.signIn(ada);
  expect((await client.getMe()).data.email).toBe(ada.email);
  expect(changes).toEqual(["signed-in"]);
});
