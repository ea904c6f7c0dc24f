import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createClient } from "@bifrons/client";
import { page } from "./page.js";

async function session(request, response) {
  const client = createClient({ baseUrl: process.env.BIFRONS_URL, cookies: request });
  if (request.method === "DELETE") {
    await client.signOut();
    response.writeHead(204, { "set-cookie": client.setCookies }).end();
  } else if (request.headers["sec-fetch-site"] !== "same-origin") {
    response.writeHead(403).end("This form belongs to another site");
  } else {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const { problem } = await client.signIn(form);
    response.setHeader("set-cookie", client.setCookies);
    response.writeHead(problem?.status ?? 303, { location: "/" }).end(problem?.title);
  }
}

const port = Number(process.env.PORT);
createServer((request, response) => {
  const answer = request.url === "/session" ? session : page;
  answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
}).listen(port, "127.0.0.1", () => console.log(`http://localhost:${port}`));
