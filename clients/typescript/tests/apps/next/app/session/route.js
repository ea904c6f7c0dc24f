import { createClient } from "@bifrons/client";

const baseUrl = process.env.SERVICE_URL;

export async function POST(request) {
  if (request.headers.get("sec-fetch-site") !== "same-origin") {
    return new Response("This form is not of this site", { status: 403 });
  }
  const client = createClient({ baseUrl, cookies: request });
  const { problem } = await client.signIn(Object.fromEntries(await request.formData()));
  const init = problem ? { status: problem.status } : { status: 303, headers: { location: "/" } };
  return withCookies(client, new Response(problem?.title, init));
}

export async function DELETE(request) {
  const client = createClient({ baseUrl, cookies: request });
  await client.signOut();
  return withCookies(client, new Response(null, { status: 204 }));
}

function withCookies({ setCookies }, response) {
  for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
  return response;
}
