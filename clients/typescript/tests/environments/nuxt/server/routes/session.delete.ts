import { visitorClient } from "@bifrons/client/nuxt";

export default defineEventHandler(async (event) => {
  await visitorClient(event, { baseUrl: process.env.BIFRONS_URL }).signOut();
  return sendNoContent(event);
});
