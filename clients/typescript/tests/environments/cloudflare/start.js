import { Miniflare } from "miniflare";

const worker = new Miniflare({
  modules: true,
  scriptPath: "built/worker.js",
  compatibilityDate: "2026-01-01",
  bindings: { BIFRONS_URL: process.env.BIFRONS_URL },
  host: "127.0.0.1",
  port: Number(process.env.PORT),
});
console.log(String(await worker.ready));
