import { visitorClient } from "@bifrons/client/react-router";

export async function loader({ context }) {
  const { user } = await context.get(visitorClient).session.load();
  return { user };
}

export default function Home({ loaderData: { user } }) {
  return <main>{user ? user.email : "Sign in first"}</main>;
}
