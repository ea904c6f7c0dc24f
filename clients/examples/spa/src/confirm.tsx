import { client, signIn } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { Title } from "./title.js";

/** The token behind the `#` of a mail's link, if one opened the page. Browsers send it to no server. */
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
        call={async ({ name, password = "" }) => {
          const confirmed = await client.confirmRegistration({
            token,
            password,
            name: name || undefined,
          });
          return confirmed.data ? signIn({ email: confirmed.data.email, password }) : confirmed;
        }}
      >
        <Field name="name" label="Name" hint="If you like." autoComplete="name" />
        <Field
          name="password"
          label="Your password"
          hint="A sentence is easy to remember, and hard to guess."
          type="password"
          autoComplete="new-password"
          required
        />
        <Submit>Confirm</Submit>
      </Form>
    </main>
  );
}
