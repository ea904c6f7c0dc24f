import { visitorClient } from "@bifrons/client/nuxt";

export default defineEventHandler(async (event) => {
  if (getHeader(event, "sec-fetch-site") !== "same-origin") {
    throw createError({ statusCode: 403, statusMessage: "This form belongs to another site" });
  }
  const client = visitorClient(event, { baseUrl: process.env.BIFRONS_URL });
  const { problem } = await client.signIn(await readBody(event));
  if (problem) throw createError({ statusCode: problem.status, statusMessage: problem.title });
  return sendRedirect(event, "/", 303);
});
