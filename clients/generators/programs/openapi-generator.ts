import { ada, baseUrl, cookiesOf, mistaken } from "./ada.js";
import { Configuration, ResponseError, SessionApi, UsersApi } from "./generated/index.js";

const settings = { basePath: baseUrl, credentials: "include" } as const;
const configuration = new Configuration(settings);

await new UsersApi(configuration).registerUser({ registerUserRequest: ada });
const session = new SessionApi(configuration);
try {
  await session.signIn({ signInRequest: mistaken });
} catch (error) {
  if (!(error instanceof ResponseError)) throw error;
  console.log((await error.response.json()).code === "invalid_credentials");
}

const { raw } = await session.signInRaw({ signInRequest: ada });
const headers = { cookie: cookiesOf(raw) };
const byCookie = await session.getSession({ headers });
console.log(byCookie.mode, byCookie.user.email);

const { tokens } = await session.signIn({ signInRequest: { ...ada, mode: "token" } });
const bearer = new Configuration({ ...settings, accessToken: tokens?.accessToken ?? "" });
const byToken = await new SessionApi(bearer).getSession();
console.log(byToken.mode, byToken.user.email);
