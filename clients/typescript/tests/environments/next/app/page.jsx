import { visitorClient } from "@bifrons/client/next";

export default async function Page() {
  const client = await visitorClient({ baseUrl: process.env.BIFRONS_URL });
  const { user } = await client.session.load();
  return <main>{user ? user.email : "Sign in first"}</main>;
}
