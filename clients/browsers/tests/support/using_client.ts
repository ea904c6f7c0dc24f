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
    async ({ api, who }) => (await bifrons.createClient({ baseUrl: api }).signIn(who)).data?.face,
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

/** Signs in for tokens, the one to refresh with in a cookie. */
export function issueInCookie(
  tab: Page,
  api: string,
): Promise<{ access?: number; refresh: string }> {
  return tab.run(
    async ({ api, who }) => {
      const client = bifrons.createClient({ baseUrl: api });
      const { data } = await client.issueTokens({ ...who, refresh_in: "cookie" });
      const refresh = data?.refresh_token ?? "in a cookie";
      return data ? { access: data.access_token.length, refresh } : { refresh };
    },
    { api, who: ADA },
  );
}

/** Refreshes with nothing in hand, and asks with the new access token who it is. */
export function refresh(tab: Page, api: string): Promise<string | { face: string; email: string }> {
  return tab.run(async (api) => {
    const tokens = await bifrons.createClient({ baseUrl: api }).refreshTokens({});
    if (tokens.problem) return tokens.problem.code;
    const client = bifrons.createClient({ baseUrl: api, token: tokens.data.access_token });
    const { data, problem } = await client.getSession();
    return problem ? problem.code : { face: data.face, email: data.user.email };
  }, api);
}

/** Signs in for tokens that are all in the page's memory, refreshes with them, and signs out. */
export function useTokens(tab: Page, api: string): Promise<Record<string, unknown>> {
  return tab.run(
    async ({ api, who }) => {
      const plain = bifrons.createClient({ baseUrl: api });
      const holder = (token: string | undefined): typeof plain =>
        bifrons.createClient({ baseUrl: api, token: token ?? "" });
      const email = async (token: string | undefined): Promise<string | undefined> =>
        (await holder(token).getSession()).data?.user.email;
      const issued = (await plain.issueTokens({ ...who, refresh_in: "body" })).data;
      const given = { refresh_token: issued?.refresh_token ?? "" };
      const renewed = (await plain.refreshTokens(given)).data;
      const last = { refresh_token: renewed?.refresh_token ?? "" };
      return {
        email: await email(issued?.access_token),
        refreshed: await email(renewed?.access_token),
        signedOut: (await holder(renewed?.access_token).signOut()).response.status,
        afterwards: (await plain.refreshTokens(last)).problem?.code,
      };
    },
    { api, who: ADA },
  );
}
