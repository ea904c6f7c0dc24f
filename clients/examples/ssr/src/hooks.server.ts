import { bifrons } from "@bifrons/client/sveltekit";
import type { HandleServerError } from "@sveltejs/kit";
import { env } from "$env/dynamic/private";

/**
 * Each request has its own client, which acts for that visitor alone. The service believes the visitor's
 * address if this server is in its `proxy.trusted`.
 */
export const handle = bifrons({ baseUrl: env["API_URL"] ?? "http://localhost:3000" });

/** The message for unexpected errors, an unreachable service included. */
export const handleError: HandleServerError = ({ error, status }) => {
  console.error(error);
  return { message: status === 404 ? "There is no such page." : "That did not work. Try again." };
};
