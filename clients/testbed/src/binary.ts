import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The path of the program: `BIFRONS_TESTBED_BINARY`, or that of the package for this machine. */
export function findBinary(): string {
  const given = process.env["BIFRONS_TESTBED_BINARY"];
  if (given !== undefined && given !== "") {
    if (existsSync(given)) return given;
    throw new Error(`BIFRONS_TESTBED_BINARY names ${given}, and there is no such file`);
  }
  const name = `@bifrons/testbed-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${name}/bifrons-testbed`);
  } catch {
    throw new Error(
      `The package ${name} is not installed: install @bifrons/testbed again, without --omit=optional and --no-optional, on Linux on x64 or arm64; or name a binary with BIFRONS_TESTBED_BINARY.`,
    );
  }
}
