const { createClient } = require("@bifrons/client");

const client = createClient({ baseUrl: process.env.BIFRONS_URL, mode: "token" });
const ada = { email: "node-20.0@example.org", password: "correct horse battery" };

async function start() {
  if (process.version !== "v20.0.0") throw new Error(process.version);
  await client.throwing.registerUser(ada);
  await client.throwing.signIn(ada);
  const { email } = await client.throwing.getMe();
  if (email !== ada.email) throw new Error(email);
  await client.throwing.signOut();
  client.close();
}

start();
