import { visitorClient } from "@bifrons/client/next";

export default async function Page() {
  const client = await visitorClient({ baseUrl: process.env.SERVICE_URL });
  const { status, user } = await client.session.load();
  return <main>{user ? user.email : status}</main>;
}
