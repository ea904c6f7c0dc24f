import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { Title } from "./title.js";

/** The token behind the `#` of a mail's link, if one opened the page. Browsers send it to no server. */
export function takeToken(): string | undefined {
  const [, token] = /^#(bfo_.+)/.exec(location.hash) ?? [];
  // Out of the browser's history.
  if (token) history.replaceState(null, "", location.pathname);
  return token;
}

/** The page that the mail on signing up links to. */
export function Confirm({ token }: { readonly token: string }) {
  return (
    <main>
      <Title>Confirm your address</Title>
      <Form
        call={async ({ name, password = "" }) => {
          const confirmed = await client.confirmRegistration({
            token,
            password,
            name,
          });
          return confirmed.data
            ? client.signIn({ email: confirmed.data.email, password })
            : confirmed;
        }}
      >
        <Field name="name" label="Name" hint="Optional." autoComplete="name" />
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
