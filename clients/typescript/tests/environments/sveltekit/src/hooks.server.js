import { bifrons } from "@bifrons/client/sveltekit";
import { env } from "$env/dynamic/private";

export const handle = bifrons({ baseUrl: env.BIFRONS_URL });
