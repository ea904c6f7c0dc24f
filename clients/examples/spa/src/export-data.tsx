import type { User } from "@bifrons/client";
import { useEffect, useRef, useState } from "react";
import { client } from "./client.js";
import { Form, Submit } from "./form.js";
import { Proof, prove } from "./proof.js";
import { saveFile } from "./save-file.js";
import { words } from "./words/index.js";

const FILE = "account.json";

/** Saves everything that is stored about the user. Asks for the password if the session is not fresh enough for it. */
export function ExportData({ user }: { readonly user: User }) {
  const [state, setState] = useState<"idle" | "stale" | "saved">("idle");
  const title = useRef<HTMLHeadingElement>(null);
  const exporting = useRef<AbortController>(undefined);
  // A user who signs out in the middle leaves no file on the device.
  useEffect(() => () => exporting.current?.abort(), []);
  const isStale = state === "stale";
  return (
    <section aria-labelledby="export">
      <h2 id="export" tabIndex={-1} ref={title}>
        {words.yourData}
      </h2>
      <Form
        call={async (fields) => {
          if (!isStale) setState("idle");
          exporting.current = new AbortController();
          const answer = await exportTo(
            FILE,
            isStale ? fields : undefined,
            exporting.current.signal,
          );
          if (answer.problem?.code === "reauthentication_required" && !isStale) {
            setState("stale");
            return { response: answer.response };
          }
          if (!answer.problem) setState("saved");
          return answer;
        }}
        // The password field goes away, which may have had the focus.
        onDone={() => isStale && title.current?.focus()}
      >
        <p className="hint">{words.exportText}</p>
        {isStale && <Proof user={user} hint={words.exportStale} autoFocus />}
        <p role="status">{state === "saved" && words.exported(FILE)}</p>
        <Submit className="quiet">{words.exportData}</Submit>
        {isStale && (
          <button type="button" className="link" onClick={() => setState("idle")}>
            {words.notNow}
          </button>
        )}
      </Form>
    </section>
  );
}

/**
 * Writes the file when the whole answer has arrived. A mere link to the service would carry no access token, and
 * would save a problem, or an answer that broke off, as if it were the data. The answer fits into memory: it grows by
 * half a kilobyte for each session, and the service forgets sessions. Numbers are JavaScript's, exact up to 2^53.
 */
async function exportTo(
  file: string,
  proof: Parameters<typeof prove>[0] | undefined,
  signal: AbortSignal,
) {
  if (proof) {
    const confirmed = await prove(proof);
    if (confirmed.problem) return confirmed;
  }
  const exported = await client.exportMe({}, { signal });
  if (exported.data) {
    const json = JSON.stringify(exported.data, null, 2);
    saveFile(file, new Blob([json], { type: "application/json" }));
  }
  return exported;
}
