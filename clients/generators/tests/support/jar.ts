import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const PACKAGE = "openapi-generator-cli==7.26.0";

/** The generator's program. Its npm package would fetch it from elsewhere; its Python package has it inside. */
export async function openapiGenerator(): Promise<string> {
  const folder = resolve("node_modules/.cache", PACKAGE);
  const jar = resolve(folder, "openapi_generator_cli/openapi-generator.jar");
  if (!existsSync(jar)) {
    await run("python3", [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--target",
      folder,
      PACKAGE,
    ]);
  }
  return jar;
}
