import { type Mailboxes, startMailboxes } from "./mailboxes.js";
import { type Spa, serveSpa } from "./spa.js";

/** The single-page app on the service's site, and a mail server for the mails that link to its pages. */
export interface SpaWithMail extends Spa {
  readonly origin: string;
  readonly mailboxes: Mailboxes;
  /** What the service is told about both. */
  readonly settings: Readonly<Record<string, string>>;
  /** The address of a page that mails link to. */
  page(name: string): string;
  /** Waits for a mail with a link to a page, and returns the link. No link is returned twice. */
  link(mailbox: string, page: string): Promise<string>;
}

export async function serveSpaWithMail(): Promise<SpaWithMail> {
  const mailboxes = await startMailboxes();
  const spa = await serveSpa();
  const origin = spa.at("admin.jazzmeet.site");
  const page = (name: string): string => `${origin}/${name}`;
  return {
    ...spa,
    origin,
    mailboxes,
    settings: {
      ...mailboxes.settings,
      BIFRONS_PAGES__CONFIRM_EMAIL: page("confirm"),
      BIFRONS_PAGES__RESET_PASSWORD: page("reset"),
      BIFRONS_PAGES__UNDO_EMAIL: page("undo"),
      BIFRONS_PAGES__NOT_ME: page("not-me"),
    },
    page,
    link: (mailbox, name) => mailboxes.link(mailbox, page(name)),
    async stop() {
      await spa.stop();
      await mailboxes.stop();
    },
  };
}
