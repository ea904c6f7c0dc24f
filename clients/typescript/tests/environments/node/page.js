import { createClient } from "@bifrons/client";

export async function page(request, response) {
  const client = createClient({ baseUrl: process.env.BIFRONS_URL, cookies: request });
  const { user } = await client.session.load();
  response.setHeader("set-cookie", client.setCookies);
  response.end(`<main>${user ? user.email : "Sign in first"}</main>`);
}
