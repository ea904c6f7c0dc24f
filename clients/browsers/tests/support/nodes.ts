import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { listen } from "./ports.js";
import { type Service, startService } from "./service.js";

/** Nodes of the service that share one database, behind a load balancer at https://api.jazzmeet.site. */
export interface Nodes {
  readonly origin: string;
  readonly all: readonly Service[];
  stop(): Promise<void>;
}

export async function startNodes(
  count: number,
  origins: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<Nodes> {
  const data = await mkdtemp(join(tmpdir(), "bifrons-nodes-"));
  const ports: number[] = [];
  const balancer = balance(ports);
  const origin = `https://api.jazzmeet.site:${await listen(balancer)}`;
  const shared = { ...settings, BIFRONS_PUBLIC_URL: origin, BIFRONS_DATA_DIR: data };
  const starting = Array.from({ length: count }, () => startService(origins, shared));
  const all = await Promise.all(starting);
  ports.push(...all.map(({ port }) => port));
  return {
    origin,
    all,
    async stop() {
      balancer.close();
      await Promise.all(all.map((node) => node.stop()));
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Hands each connection to the next port that takes it. */
function balance(ports: readonly number[]): Server {
  let turn = 0;
  return createServer((client) => {
    const hand = (tries: number): void => {
      turn += 1;
      const node = connect(ports[turn % ports.length] ?? 0, "127.0.0.1");
      const next = (): unknown => (tries > 1 ? hand(tries - 1) : client.destroy());
      node.once("error", next);
      node.once("connect", () => {
        node.removeListener("error", next);
        pipeline(client, node, client, () => {});
      });
    };
    client.on("error", () => {});
    hand(ports.length);
  });
}
