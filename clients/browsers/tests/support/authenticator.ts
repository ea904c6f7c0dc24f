import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a camera reads from an image in SVG. */
export async function scan(svg: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-qr-"));
  try {
    const [source, image] = [join(folder, "qr.svg"), join(folder, "qr.png")];
    await writeFile(source, svg);
    await run("rsvg-convert", ["-b", "white", "-o", image, source]);
    return (await run("zbarimg", ["-q", "--raw", image])).stdout.trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The code that an authenticator app shows for this URI, so many seconds from now. */
export async function codeOf(uri: string, seconds = 0): Promise<string> {
  const secret = new URL(uri).searchParams.get("secret") ?? "";
  const later = `--now=${seconds} seconds`;
  // The secret on standard input: the arguments of a process can be read.
  const oathtool = spawn("oathtool", ["--totp", "-b", later, "-"]);
  oathtool.stdin.end(secret);
  let code = "";
  for await (const part of oathtool.stdout) code += part;
  return code.trim();
}
