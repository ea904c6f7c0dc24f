import type { SessionSummary } from "@bifrons/client";
import { useId, useRef, useState } from "react";
import { client } from "./client.js";
import { deviceOf } from "./device.js";
import { Form, Submit } from "./form.js";
import { useSessions } from "./use-sessions.js";
import { language, words } from "./words/index.js";

/** Where the person is signed in, and how to end that. */
export function Sessions() {
  const { list, failure, load } = useSessions();
  const [done, setDone] = useState("");
  const title = useRef<HTMLHeadingElement>(null);

  const ended = (what: string) => {
    setDone(what);
    // The button that was pressed goes away.
    title.current?.focus();
    load();
  };
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions" tabIndex={-1} ref={title}>
        {words.sessions}
      </h2>
      <p role="status">{done}</p>
      <p role="alert" className="error">
        {failure?.message}
      </p>
      <ul>
        {list?.items.map((session) => (
          <Session key={session.id} session={session} onEnded={() => ended(words.sessionEnded)} />
        ))}
      </ul>
      {list?.next && <p className="hint">{words.moreSessions}</p>}
      {list?.items.some(({ current }) => !current) && (
        <Form call={() => client.endOtherSessions()} onDone={() => ended(words.othersEnded)}>
          <Submit className="quiet">{words.endOthers}</Submit>
        </Form>
      )}
    </section>
  );
}

interface SessionProps {
  readonly session: SessionSummary;
  readonly onEnded: () => void;
}

function Session({ session, onEnded }: SessionProps) {
  const { id, current, user_agent, ip, last_seen_at } = session;
  const device = useId();
  return (
    <li className="row">
      <p>
        <strong id={device}>{deviceOf(user_agent)}</strong>
        <br />
        <span className="hint">
          {current ? (
            words.thisSession
          ) : (
            <>
              {words.lastUsed} <Time of={last_seen_at} />
            </>
          )}
          {ip && `, ${words.from(ip)}`}
        </span>
      </p>
      {!current && (
        <Form call={() => client.endSession({ id })} onDone={onEnded}>
          <Submit className="quiet" aria-describedby={device}>
            {words.endSession}
          </Submit>
        </Form>
      )}
    </li>
  );
}

function Time({ of }: { readonly of: string }) {
  const format = { dateStyle: "medium", timeStyle: "short" } as const;
  return <time dateTime={of}>{new Date(of).toLocaleString(language, format)}</time>;
}
