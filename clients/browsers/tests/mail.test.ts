// The single-page app with a mail server: the life of an account, on one service and on several nodes that
// crash, and how mails take an account back from another person.

import { afterAll, beforeAll, describe, test } from "vitest";
import { BROWSERS, IS_WHOLE } from "./support/browser.js";
import { live } from "./support/life.js";
import { type Nodes, startNodes } from "./support/nodes.js";
import { newPerson } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { MODES } from "./support/spa.js";
import { type SpaWithMail, serveSpaWithMail } from "./support/spa_with_mail.js";
import { choosePassword, comeBack, signIn, signUp } from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";

/** For tests that hash many passwords, or wait for mails of a node that crashed. */
const LONG_MS = 600_000;

const SECOND = "a second password";

// Browsers do not differ in this.
describe.each(BROWSERS.slice(0, 1))("$name", (kind) => {
  const arrive = visitorsOf(kind);

  describe.each(MODES)("%s mode", (mode) => {
    let app: SpaWithMail;
    beforeAll(async () => {
      app = await serveSpaWithMail();
    });
    afterAll(() => app?.stop());

    // Each of the two with one mode, unless the whole runs.
    const tried = (only: typeof mode): string[] => (IS_WHOLE || mode === only ? [mode] : []);

    describe.each(tried("cookie"))("one service", () => {
      let service: Service;
      beforeAll(async () => {
        service = await startService([app.origin], app.settings);
        await app.build(service.origin, mode);
      });
      afterAll(() => service?.stop());

      test(
        "the life of an account",
        async () => {
          await live(await arrive(), app, "one");
        },
        LONG_MS,
      );

      test("a stranger signs up with an address: its reader gets the account", async () => {
        const ada = newPerson();
        const stranger = await (await arrive()).open(app.origin);
        await signUp(stranger, ada);
        await stranger.press("Confirm the address");
        const link = await app.link(ada.email, "confirm");

        const tab = await (await arrive()).open(link);
        await tab.press("Confirm");
        await reads(tab, "Another person may have signed up with it");
        await choosePassword(tab, SECOND);
        await signIn(tab, { ...ada, password: SECOND });
        await comeBack(stranger);
        await reads(stranger, "Your session was ended");
      });

      test("a sign-in that the user does not know: the user ends it", async () => {
        const ada = newPerson();
        const tab = await (await arrive()).open(app.origin);
        await signUp(tab, ada);
        const intruder = await (await arrive()).open(app.origin);
        await signIn(intruder, ada);

        const visitor = await arrive();
        const notMe = await visitor.open(await app.link(ada.email, "not-me"));
        await notMe.press("It was not me");
        await reads(notMe, "All sessions are ended.");
        await comeBack(intruder);
        await reads(intruder, "Your session was ended");
        const reset = await visitor.open(await app.link(ada.email, "reset"));
        await choosePassword(reset, SECOND);
        await signIn(reset, { ...ada, password: SECOND });
      });
    });

    describe.each(tried("token"))("three nodes on one database", () => {
      let nodes: Nodes;
      beforeAll(async () => {
        nodes = await startNodes(3, [app.origin], app.settings);
        await app.build(nodes.origin, mode);
      });
      afterAll(() => nodes?.stop());

      test(
        "the life of an account, while one node after the other crashes",
        async () => {
          let turn = 0;
          const next = (): Service => {
            turn += 1;
            return nodes.all[turn % nodes.all.length] as Service;
          };
          await live(await arrive(), app, "three", {
            async during(step) {
              const node = next();
              await node.kill();
              await step();
              await node.up();
            },
            async beforeMail() {
              const node = next();
              await node.kill();
              await node.up();
            },
          });
        },
        LONG_MS,
      );
    });
  });
});
