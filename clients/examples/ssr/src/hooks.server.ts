import { createClient } from "@bifrons/client";
import type { Handle, HandleServerError } from "@sveltejs/kit";
import { env } from "$env/dynamic/private";

/** Each request has its own client, which acts for that visitor alone. */
export const handle: Handle = async ({ event, resolve }) => {
  const client = createClient({
    baseUrl: env["API_URL"] ?? "http://localhost:3000",
    cookies: event.request,
    headers: {
      // Who is asking, instead of this server: the service limits sign-ins by address, and shows people
      // where they are signed in. It believes the address if this server is in its `proxy.trusted`.
      "x-forwarded-for": event.getClientAddress(),
      "user-agent": event.request.headers.get("user-agent") ?? "",
    },
  });
  event.locals.client = client;
  const response = await resolve(event);
  for (const cookie of client.setCookies) response.headers.append("set-cookie", cookie);
  response.headers.set("cache-control", "private, no-store");
  return response;
};

/** The message for unexpected errors, an unreachable service included. */
export const handleError: HandleServerError = ({ error, status }) => {
  console.error(error);
  return { message: status === 404 ? "There is no such page." : "That did not work. Try again." };
};
