import { createClient } from "@bifrons/client";

export default {
  async fetch(request, { BIFRONS_URL }) {
    const client = createClient({ baseUrl: BIFRONS_URL, cookies: request });
    const response = await answer(client, request);
    for (const cookie of client.setCookies) response.headers.append("set-cookie", cookie);
    return response;
  },
};

async function answer(client, request) {
  if (request.method === "DELETE") {
    await client.signOut();
    return new Response(null, { status: 204 });
  }
  if (request.method === "POST") {
    if (request.headers.get("sec-fetch-site") !== "same-origin") {
      return new Response("This form belongs to another site", { status: 403 });
    }
    const { problem } = await client.signIn(Object.fromEntries(await request.formData()));
    if (problem) return new Response(problem.title, { status: problem.status });
    return new Response(null, { status: 303, headers: { location: "/" } });
  }
  const { user } = await client.session.load();
  return new Response(`<main>${user ? user.email : "Sign in first"}</main>`);
}
