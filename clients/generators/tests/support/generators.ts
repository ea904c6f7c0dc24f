import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@hey-api/openapi-ts";
import { generate } from "orval";
import { openapiGenerator } from "./jar.js";

const run = promisify(execFile);

export const DOCUMENT = "../../openapi.json";

/** Writes a client for the service at a URL into a folder. */
export type Generator = (folder: string, url: string) => Promise<void>;

/** The generators, each with the settings that the README recommends. */
export const generators: Readonly<Record<string, Generator>> = {
  "hey-api": async (folder) => {
    await createClient({
      input: DOCUMENT,
      // Node wants the extension; a bundler does without the setting.
      output: { path: folder, module: { extension: ".js" } },
      plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
      logs: { level: "silent" },
    });
  },

  orval: (folder, baseUrl) =>
    generate({
      input: DOCUMENT,
      output: {
        target: join(folder, "api.ts"),
        client: "fetch",
        baseUrl,
        override: { requestOptions: { credentials: "include" } },
      },
    }),

  "openapi-generator": (folder) =>
    generateBy("typescript-fetch", folder, "-p", "importFileExtension=.js"),
};

/** Runs one of the generators that openapi-generator has. */
export async function generateBy(
  name: string,
  folder: string,
  ...settings: readonly string[]
): Promise<void> {
  const args = ["generate", "-g", name, "-i", DOCUMENT, "-o", folder, ...settings];
  await run("java", ["-jar", await openapiGenerator(), ...args]);
}
