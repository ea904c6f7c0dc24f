import { client, signIn } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { Title } from "./title.js";

/** What a mail's link has behind the `#`, if the page was opened by one. Browsers send it to nobody. */
export function takeToken(): string | undefined {
  const [, token] = /^#(bfo_.+)/.exec(location.hash) ?? [];
  // Not to be found in the browser's history, either.
  if (token) history.replaceState(null, "", location.pathname);
  return token;
}

/** For those who open the link of the mail that they were sent on signing up. */
export function Confirm({ token }: { readonly token: string }) {
  return (
    <main>
      <Title>Confirm your address</Title>
      <Form
        call={async ({ password = "" }) => {
          const confirmed = await client.confirmRegistration({ token, password });
          return confirmed.data ? signIn({ email: confirmed.data.email, password }) : confirmed;
        }}
      >
        <Field
          name="password"
          label="The password that you chose"
          type="password"
          autoComplete="current-password"
          required
        />
        <Submit>Confirm</Submit>
      </Form>
    </main>
  );
}
