import { ada, baseUrl, cookiesOf, mistaken } from "./ada.js";
import { client } from "./generated/client.gen.js";
import { getSession, registerUser, signIn } from "./generated/sdk.gen.js";

client.setConfig({ baseUrl, credentials: "include" });

await registerUser({ body: ada, throwOnError: true });
const { error } = await signIn({ body: mistaken });
console.log(error?.code === "invalid_credentials");

const { response } = await signIn({ body: ada, throwOnError: true });
const cookie = cookiesOf(response);
const byCookie = await getSession({ headers: { cookie }, throwOnError: true });
console.log(byCookie.data.mode, byCookie.data.user.email);

const { data } = await signIn({ body: { ...ada, mode: "token" }, throwOnError: true });
if (data.status !== "signed-in") throw new Error(data.status);
const { tokens } = data;
// A function and not a text: hey-api would send a text as a cookie, too.
client.setConfig({
  auth: ({ scheme }) => (scheme === "bearer" ? tokens?.access_token : undefined),
});
const byToken = await getSession({ throwOnError: true });
console.log(byToken.data.mode, byToken.data.user.email);
