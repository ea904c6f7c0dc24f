import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import PostalMime from "postal-mime";
import { expect } from "vitest";
import { startProgram } from "./program.js";

const PYTHON = "/usr/bin/python3";
const SERVER = resolve("../../api/tests/it/fixtures/smtp/broken_server.py");

/** If a node dies while it delivers a mail, another one takes over after a minute and the time for one mail. */
const ARRIVES_MS = 100_000;

/** A mail server with the mailboxes of everyone. */
export interface Mailboxes {
  /** What the service is told about it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Waits for a mail with a link to a page, and returns the link. No link is returned twice. */
  link(address: string, page: string): Promise<string>;
  /** Waits for a mail with this subject. */
  arrives(address: string, subject: string): Promise<void>;
  stop(): Promise<void>;
}

interface Mail {
  readonly recipient: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export async function startMailboxes(): Promise<Mailboxes> {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-mail-"));
  let port = "";
  const server = await startProgram(
    PYTHON,
    [SERVER, "--port", "0", "--mode", "plain", "--out", folder],
    {
      cwd: folder,
      env: {},
      ready: "listening",
      onLine: (line) => {
        port = /^listening (\d+)/.exec(line)?.[1] ?? port;
      },
    },
  );
  const read = new Map<string, Mail>();
  async function mailOf(address: string): Promise<Mail[]> {
    for (const name of await readdir(folder)) {
      if (name.endsWith(".eml") && !read.has(name)) read.set(name, await open(join(folder, name)));
    }
    return [...read.values()].filter(({ recipient }) => recipient === address);
  }
  const seen = new Set<string>();
  return {
    settings: {
      BIFRONS_MAIL__URL: `smtp+plain://127.0.0.1:${port}`,
      BIFRONS_MAIL__FROM: "Example <no-reply@example.com>",
      BIFRONS_MAIL__TIMEOUT: "5s",
    },
    async link(address, page) {
      let found: string | undefined;
      const look = async (): Promise<string | undefined> => {
        const links = (await mailOf(address)).flatMap((mail) => linksIn(mail));
        found = links.find((link) => link.startsWith(`${page}#`) && !seen.has(link));
        return found;
      };
      await expect.poll(look, { timeout: ARRIVES_MS }).toBeDefined();
      seen.add(found ?? "");
      return found ?? "";
    },
    async arrives(address, subject) {
      const subjects = async (): Promise<string[]> =>
        (await mailOf(address)).map((mail) => mail.subject);
      await expect.poll(subjects, { timeout: ARRIVES_MS }).toContain(subject);
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function open(file: string): Promise<Mail> {
  const {
    headers,
    subject = "",
    text = "",
    html = "",
  } = await PostalMime.parse(await readFile(file));
  const recipient = headers.find(({ key }) => key === "x-envelope-to")?.value;
  return { recipient, subject, text, html };
}

/** The links that both forms of a mail have. */
function linksIn({ text, html }: Mail): string[] {
  const links = text.match(/https:\S+#bfo_\S+/g) ?? [];
  const clickable = html.replaceAll("&#x2f;", "/");
  return links.filter((link) => clickable.includes(`href="${link}"`));
}
