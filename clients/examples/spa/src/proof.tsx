import type { User } from "@bifrons/client";
import { client } from "./client.js";
import type { Answer } from "./failure.js";
import { Field } from "./form.js";
import { words } from "./words/index.js";

/**
 * Shows that it is still the user, in the fields of {@link Proof}: then the session is fresh. A user with a
 * passkey needs no code.
 */
export async function prove(fields: Record<string, string | undefined>): Promise<Answer> {
  const { password = "", totp } = fields;
  const proved = await client.reauthenticate({ password, totp: totp || undefined });
  if (proved.problem?.code !== "second_factor_required") return proved;
  const { data } = await client.listPasskeys();
  return data && data.items.length > 0 ? client.passkeys.reauthenticate() : proved;
}

interface ProofProps {
  readonly user: User;
  readonly hint?: string;
  readonly autoFocus?: boolean;
}

/** The fields for what the user can prove: the password, and a code for a user with an authenticator app. */
export function Proof({ user, hint, autoFocus = false }: ProofProps) {
  return (
    <>
      <input hidden autoComplete="username" defaultValue={user.email} />
      <Field
        name="password"
        label={words.yourPassword}
        {...(hint !== undefined && { hint })}
        type="password"
        autoComplete="current-password"
        autoFocus={autoFocus}
        required
      />
      <Field
        name="totp"
        label={words.codes.totp.label}
        hint={words.codeIfAny}
        autoComplete="one-time-code"
        inputMode="numeric"
      />
    </>
  );
}
