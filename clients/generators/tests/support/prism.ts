import { resolve } from "node:path";
import { freePort } from "../../../browsers/tests/support/ports.js";
import { startProgram } from "../../../browsers/tests/support/program.js";

/** A proxy that answers with an error of its own where a request or an answer breaks the document. */
export interface Prism {
  readonly url: string;
  /** What it found. */
  readonly violations: readonly string[];
  stop(): Promise<void>;
}

/** Starts Prism in front of a service, with the document that the service serves. */
export async function startPrism(service: string): Promise<Prism> {
  const port = await freePort();
  const violations: string[] = [];
  const program = await startProgram(
    process.execPath,
    [
      resolve("node_modules/@stoplight/prism-cli/dist/index.js"),
      "proxy",
      `${service}/openapi.json`,
      service,
      "--errors",
      "--port",
      String(port),
    ],
    {
      cwd: process.cwd(),
      env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
      ready: "Prism is listening",
      onLine: (line) => {
        if (/violation|terminated with error/i.test(line)) violations.push(line);
      },
    },
  );
  return { url: `http://127.0.0.1:${port}`, violations, stop: () => program.stop() };
}
