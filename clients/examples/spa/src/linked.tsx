import { type ReactNode, useState } from "react";
import { client } from "./client.js";
import type { Answer } from "./failure.js";
import { Field, Form, Submit } from "./form.js";
import type { Link } from "./link.js";
import { NewPassword } from "./new-password.js";
import { Title } from "./title.js";
import { words } from "./words/index.js";

interface LinkedProps {
  /** The token of the mail's link. */
  readonly token: string;
  /** Is called when the user goes on to the rest of the app. */
  readonly onLeave: () => void;
}

/** The page that a mail's link leads to. */
export function Linked({ link: { page, token }, onLeave }: { link: Link; onLeave: () => void }) {
  switch (page) {
    case "confirm":
      return <Confirm token={token} onLeave={onLeave} />;
    case "reset":
      return <Reset about={words.reset} token={token} onLeave={onLeave} />;
    case "undo":
      return (
        <Act about={words.undo} call={() => client.undoEmailChange({ token })} onLeave={onLeave} />
      );
    case "not-me":
      return (
        <Act about={words.notMe} call={() => client.reportNotMe({ token })} onLeave={onLeave} />
      );
  }
}

interface ActProps {
  readonly about: typeof words.confirm;
  readonly call: (fields: Record<string, string | undefined>) => Promise<Answer>;
  readonly onLeave: () => void;
  readonly children?: ReactNode;
}

/** Uses the token when the user presses the button, and not before: scanners of mail open links, too. */
function Act({ about, call, onLeave, children }: ActProps) {
  const [state, setState] = useState<"asking" | "done" | "old">("asking");
  const done = () => {
    setState((now) => (now === "old" ? now : "done"));
    // The call has changed the user, or has ended the session. Without an answer the rest of the app asks again.
    client.session.load().catch(() => {});
  };
  const use = async (fields: Parameters<typeof call>[0]) => {
    const { problem, response } = await call(fields);
    if (problem?.code !== "invalid_one_time_token") return { problem, response };
    // The button would do nothing a second time either.
    setState("old");
    return { response };
  };
  if (state !== "asking") {
    return (
      <main>
        <Title key={state}>{state === "old" ? words.oldLink : about.done}</Title>
        {state === "old" && <p>{about.instead}</p>}
        <button type="button" onClick={onLeave}>
          {words.goOn}
        </button>
      </main>
    );
  }
  return (
    <main>
      <Title>{about.title}</Title>
      <p>{about.text}</p>
      <Form call={use} onDone={done}>
        {children}
        <Submit>{about.button}</Submit>
        <button type="button" className="link" onClick={onLeave}>
          {words.notNow}
        </button>
      </Form>
    </main>
  );
}

/**
 * Confirms an address: of a user, or of someone who signs up. Both mails link to the same page, and the token does not
 * tell which it is. So the page first tries the user's, which needs no password.
 */
function Confirm({ token, onLeave }: LinkedProps) {
  const [isNew, setIsNew] = useState(false);
  const [resetToken, setResetToken] = useState<string>();
  if (isNew) return <Register token={token} onLeave={onLeave} />;
  if (resetToken) return <Reset about={words.claim} token={resetToken} onLeave={onLeave} />;
  return (
    <Act
      about={words.confirm}
      call={async () => {
        const { data, problem, response } = await client.confirmEmail({ token });
        setResetToken(data?.reset_token);
        if (problem?.code !== "invalid_one_time_token") return { problem, response };
        setIsNew(true);
        return { response };
      }}
      onLeave={onLeave}
    />
  );
}

/** Completes a sign-up at a service that confirms addresses first. */
function Register({ token, onLeave }: LinkedProps) {
  return (
    <Act
      about={words.register}
      call={async ({ name, password = "" }) => {
        const confirmed = await client.confirmRegistration({ token, password, name });
        return confirmed.data
          ? client.signIn({ email: confirmed.data.email, password })
          : confirmed;
      }}
      onLeave={onLeave}
    >
      <Field name="name" label={words.name} hint={words.optional} autoComplete="name" />
      <NewPassword name="password" label={words.yourPassword} />
    </Act>
  );
}

/** Chooses a new password. It opens no session. */
function Reset({ about, token, onLeave }: LinkedProps & Pick<ActProps, "about">) {
  return (
    <Act
      about={about}
      call={({ new_password = "" }) => client.resetPassword({ token, new_password })}
      onLeave={onLeave}
    >
      <NewPassword name="new_password" label={words.newPassword} />
    </Act>
  );
}
