import { ada, cookiesOf, mistaken } from "./ada.js";
import { getSession, issueTokens, registerUser, signIn } from "./generated/api.js";

await registerUser(ada);
const refused = await signIn(mistaken);
console.log(refused.status === 401 && refused.data.code === "invalid_credentials");

const signedIn = await signIn(ada);
const cookie = cookiesOf(signedIn);
const byCookie = await getSession({ headers: { cookie } });
if (byCookie.status === 200) console.log(byCookie.data.face, byCookie.data.user.email);

const issued = await issueTokens(ada);
if (issued.status !== 200) throw new Error(issued.data.title);
const authorization = `Bearer ${issued.data.access_token}`;
const byToken = await getSession({ headers: { authorization } });
if (byToken.status === 200) console.log(byToken.data.face, byToken.data.user.email);
