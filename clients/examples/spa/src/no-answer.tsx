import { useState } from "react";
import { Title } from "./title.js";

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
      <Title>Nothing to show</Title>
      <p role="alert">The service does not answer.</p>
      <button type="button" onClick={again} aria-disabled={pending}>
        Try again
      </button>
    </main>
  );
}
