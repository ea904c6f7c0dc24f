import { ada, cookiesOf, mistaken } from "./ada.js";
import { getSession, registerUser, signIn } from "./generated/api.js";

await registerUser(ada);
const refused = await signIn(mistaken);
console.log(refused.status === 401 && refused.data.code === "invalid_credentials");

const signedIn = await signIn(ada);
const cookie = cookiesOf(signedIn);
const byCookie = await getSession({ headers: { cookie } });
if (byCookie.status === 200) console.log(byCookie.data.mode, byCookie.data.user.email);

const withTokens = await signIn({ ...ada, mode: "token" });
if (withTokens.status !== 200) throw new Error(String(withTokens.status));
const authorization = `Bearer ${withTokens.data.tokens?.access_token}`;
const byToken = await getSession({ headers: { authorization } });
if (byToken.status === 200) console.log(byToken.data.mode, byToken.data.user.email);
