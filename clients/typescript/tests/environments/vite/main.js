import { createClient } from "@bifrons/client";

const client = createClient({ baseUrl: import.meta.env.VITE_BIFRONS_URL });
const ada = { email: "vite@example.org", password: "correct horse battery" };
await client.registerUser(ada);
const { data, problem } = await client.signIn(ada);
document.querySelector("main").textContent = problem?.title ?? data.session.user.email;
