import { createClient } from "@bifrons/client";
import { headers } from "next/headers";

export default async function Page() {
  const client = createClient({ baseUrl: process.env.SERVICE_URL, cookies: await headers() });
  const { status, user } = await client.session.load();
  return <main>{user ? user.email : status}</main>;
}
