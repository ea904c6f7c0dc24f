// What pages do with the client.

import { expect } from "vitest";
import type { Page, Visitor } from "./browser.js";
import { clientScript } from "./bundle.js";
import { ADA } from "./people.js";

export async function openWithClient<View extends Page>(
  visitor: Visitor<View>,
  url: string,
): Promise<View> {
  const tab = await visitor.open(url);
  await withClient(tab);
  return tab;
}

export async function reload(tab: Page): Promise<void> {
  await tab.reload();
  await withClient(tab);
}

/** The API's own page does not come with the client. */
async function withClient(tab: Page): Promise<void> {
  if (!(await tab.run(() => "bifrons" in globalThis, undefined))) {
    await tab.inject(await clientScript());
  }
}

export function signIn(tab: Page, api: string): Promise<string | undefined> {
  return tab.run(
    async ({ api, who }) => {
      const { data } = await bifrons.createClient({ baseUrl: api }).signIn(who);
      return data?.status === "signed-in" ? data.session.mode : undefined;
    },
    { api, who: ADA },
  );
}

export function signOut(tab: Page, api: string): Promise<number> {
  return tab.run(
    async (api) => (await bifrons.createClient({ baseUrl: api }).signOut()).response.status,
    api,
  );
}

export function whoAmI(tab: Page, api: string): Promise<string> {
  return tab.run(async (api) => {
    const { data, problem } = await bifrons.createClient({ baseUrl: api }).getSession();
    return problem ? problem.code : data.user.email;
  }, api);
}

export const IN_COOKIE: Record<"access" | "refresh", unknown> = {
  access: expect.any(Number),
  refresh: "in a cookie",
};

/** Signs in for tokens, with the refresh token in a cookie. */
export function issueInCookie(
  tab: Page,
  api: string,
): Promise<{ access?: number; refresh: string }> {
  return tab.run(
    async ({ api, who }) => {
      const client = bifrons.createClient({ baseUrl: api, mode: "token", refreshIn: "cookie" });
      const { data } = await client.signIn(who);
      const tokens = data?.status === "signed-in" ? data.tokens : undefined;
      const refresh = tokens?.refresh_token ?? "in a cookie";
      return tokens ? { access: tokens.access_token.length, refresh } : { refresh };
    },
    { api, who: ADA },
  );
}

/** Refreshes by the cookie alone, and asks with the new access token who the user is. */
export function refresh(tab: Page, api: string): Promise<string | { mode: string; email: string }> {
  return tab.run(async (api) => {
    const { data: signedIn, problem: refused } = await bifrons
      .createClient({ baseUrl: api })
      .refreshTokens({});
    if (refused) return refused.code;
    const client = bifrons.createClient({
      baseUrl: api,
      token: signedIn.tokens?.access_token ?? "",
    });
    const { data, problem } = await client.getSession();
    return problem ? problem.code : { mode: data.mode, email: data.user.email };
  }, api);
}

/** Signs in for tokens that are all in the page's memory, refreshes with them, and signs out. */
export function useTokens(tab: Page, api: string): Promise<Record<string, unknown>> {
  return tab.run(
    async ({ api, who }) => {
      const holder = (token: string | undefined): ReturnType<typeof bifrons.createClient> =>
        bifrons.createClient({ baseUrl: api, token: token ?? "", credentials: "omit" });
      const email = async (token: string | undefined): Promise<string | undefined> =>
        (await holder(token).getSession()).data?.user.email;
      const refreshed = async (
        token: string | undefined,
      ): ReturnType<ReturnType<typeof holder>["refreshTokens"]> =>
        holder("").refreshTokens({ refresh_token: token ?? "" });
      const { data } = await holder("").signIn(who);
      const issued = data?.status === "signed-in" ? data.tokens : undefined;
      const renewed = (await refreshed(issued?.refresh_token)).data?.tokens;
      return {
        email: await email(issued?.access_token),
        refreshed: await email(renewed?.access_token),
        signedOut: (await holder(renewed?.access_token).signOut()).response.status,
        afterwards: (await refreshed(renewed?.refresh_token)).problem?.code,
      };
    },
    { api, who: ADA },
  );
}
