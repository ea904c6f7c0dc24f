import { ada, baseUrl, cookiesOf, mistaken } from "./ada.js";
import { client } from "./generated/client.gen.js";
import { getSession, issueTokens, registerUser, signIn } from "./generated/sdk.gen.js";

client.setConfig({ baseUrl, credentials: "include" });

await registerUser({ body: ada, throwOnError: true });
const { error } = await signIn({ body: mistaken });
console.log(error?.code === "invalid_credentials");

const { response } = await signIn({ body: ada, throwOnError: true });
const cookie = cookiesOf(response);
const byCookie = await getSession({ headers: { cookie }, throwOnError: true });
console.log(byCookie.data.face, byCookie.data.user.email);

const { data: tokens } = await issueTokens({ body: ada, throwOnError: true });
// A function and no text: a text would be sent as a cookie as well.
client.setConfig({ auth: ({ scheme }) => (scheme === "bearer" ? tokens.access_token : undefined) });
const byToken = await getSession({ throwOnError: true });
console.log(byToken.data.face, byToken.data.user.email);
