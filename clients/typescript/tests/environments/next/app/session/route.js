import { visitorClient } from "@bifrons/client/next";

const options = { baseUrl: process.env.BIFRONS_URL };

export async function POST(request) {
  if (request.headers.get("sec-fetch-site") !== "same-origin") {
    return new Response("This form belongs to another site", { status: 403 });
  }
  const client = await visitorClient(options);
  const { problem } = await client.signIn(Object.fromEntries(await request.formData()));
  const init = problem ? { status: problem.status } : { status: 303, headers: { location: "/" } };
  return new Response(problem?.title, init);
}

export async function DELETE() {
  const client = await visitorClient(options);
  await client.signOut();
  return new Response(null, { status: 204 });
}
