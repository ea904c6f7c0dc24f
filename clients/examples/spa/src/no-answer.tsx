import { useState } from "react";
import { Title } from "./title.js";
import { words } from "./words/index.js";

/** The service does not answer, so the page cannot tell whether the user is signed in. */
export function NoAnswer({ retry }: { readonly retry: () => Promise<unknown> }) {
  const [pending, setPending] = useState(false);
  const again = () => {
    setPending(true);
    const done = () => setPending(false);
    retry().then(done, done);
  };
  return (
    <main>
      <Title>{words.nothing}</Title>
      <p role="alert">{words.noAnswer}</p>
      <button type="button" onClick={again} aria-disabled={pending}>
        {words.tryAgain}
      </button>
    </main>
  );
}
