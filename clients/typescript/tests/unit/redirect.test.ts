import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "vitest";
import { createCall } from "../../src/runtime/call.js";
import type { Operation } from "../../src/runtime/operation.js";

const servers: Server[] = [];
afterAll(() => servers.map((server) => server.close()));

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a redirect takes neither password nor token to another host", async () => {
  const seen: (string | undefined)[] = [];
  const other = await serve((request, response) => {
    seen.push(request.url);
    response.end();
  });
  const first = await serve((_, response) => {
    response.writeHead(307, { location: `${other}/v1/session` }).end();
  });
  const signIn: Operation = {
    method: "POST",
    path: "/v1/session",
    body: true,
    bearer: true,
  };

  const call = createCall({ baseUrl: first, token: "secret" });
  const { problem } = await call(signIn, { password: "secret" });
  expect(problem).toMatchObject({ code: "unexpected_response", status: 307 });
  expect(seen).toEqual([]);
});
