import { visitorClient } from "@bifrons/client/react-router";
import { redirect } from "react-router";

export async function action({ request, context }) {
  const client = context.get(visitorClient);
  if (request.method === "DELETE") {
    await client.signOut();
    return new Response(null, { status: 204 });
  }
  if (request.headers.get("sec-fetch-site") !== "same-origin") {
    return new Response("This form belongs to another site", { status: 403 });
  }
  const { problem } = await client.signIn(Object.fromEntries(await request.formData()));
  return problem ? new Response(problem.title, { status: problem.status }) : redirect("/", 303);
}
