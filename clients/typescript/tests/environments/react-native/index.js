import { createClient } from "@bifrons/client";

const client = createClient({ baseUrl: global.BIFRONS_URL, mode: "token" });
const ada = { email: "react-native@example.org", password: "correct horse battery" };

async function main() {
  await client.registerUser(ada);
  await client.throwing.signIn(ada);
  const { data } = await client.getMe({}, { timeout: 10_000 });
  console.log(data.email);
}
main().catch((error) => console.log(String(error)));
