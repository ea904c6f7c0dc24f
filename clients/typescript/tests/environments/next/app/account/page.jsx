import { visitorClient } from "@bifrons/client/next";
import { redirect } from "next/navigation";

const options = { baseUrl: process.env.BIFRONS_URL };

async function signOut() {
  "use server";
  const client = await visitorClient(options);
  await client.signOut();
  redirect("/");
}

export default async function Account() {
  const client = await visitorClient(options);
  const { user } = await client.session.load();
  return (
    <form action={signOut}>
      <p>{user?.email}</p>
      <button type="submit">Sign out</button>
    </form>
  );
}
