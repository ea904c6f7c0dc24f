import { visitorClient } from "@bifrons/client/nuxt";

export default defineEventHandler(async (event) => {
  const client = visitorClient(event, { baseUrl: process.env.BIFRONS_URL });
  const { user } = await client.session.load();
  return user ?? null;
});
