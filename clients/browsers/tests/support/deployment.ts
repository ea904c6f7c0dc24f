// A deployment as it is on the internet: pages, a proxy with TLS, and the service behind it.

import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { type Bifrons, startBifrons } from "./bifrons.js";
import { serve } from "./pages.js";
import { type Headers, type Places, SAME_SITE, type Setup } from "./setups.js";

export interface Deployment extends Places {
  stop(): Promise<void>;
}

/** Starts the service, the proxy in front of it, and the pages. */
export async function deploy(setup: Setup): Promise<Deployment> {
  const [pageHost, apiHost] = setup.hosts ?? SAME_SITE;
  let service: Bifrons | undefined;
  const own = pageHost === apiHost;
  const pages = await serve((_, response) => {
    if (setup.policy) response.setHeader("content-security-policy", setup.policy);
    response.setHeader("content-type", "text/html; charset=utf-8").end("<!doctype html>A preview");
  });
  const proxy = await serve((asked, answer) => {
    const isPage = own && !asked.url?.startsWith("/v1/");
    if (isPage) answer.setHeader("content-type", "text/html").end("<!doctype html>A preview");
    else forward(asked, answer, service?.port ?? 0, setup, places);
  });
  const api = proxy.at(apiHost);
  const plain = pages.local.replace("localhost", pageHost);
  const preview = own ? api : setup.isPlain ? plain : pages.at(pageHost);
  const places: Places = { preview, api };
  const stop = async (): Promise<void> => {
    await service?.stop();
    proxy.stop();
    pages.stop();
  };
  try {
    service = await startBifrons(() => ({
      BIFRONS_PUBLIC_URL: api,
      BIFRONS_ORIGINS: (setup.origins ?? (own ? [] : [preview])).join(","),
      ...setup.settings?.(places),
    }));
    return { ...places, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function forward(
  asked: IncomingMessage,
  answer: ServerResponse,
  port: number,
  setup: Setup,
  places: Places,
): void {
  if (asked.method === "OPTIONS" && setup.preflight) {
    answer.writeHead(setup.preflight).end();
    return;
  }
  const headers = { ...asked.headers };
  setup.request?.(headers, places);
  const options = { host: "127.0.0.1", port, path: asked.url, method: asked.method, headers };
  const call = request({ ...options, agent: false }, (answered) => {
    const given: Headers = { ...answered.headers };
    setup.answer?.(given, places);
    answered.pipe(answer.writeHead(answered.statusCode ?? 502, given));
  });
  call.on("error", () => answer.writeHead(502).end());
  asked.pipe(call);
}
