import { useConfiguration } from "./configuration.js";
import { Field } from "./form.js";
import { words } from "./words/index.js";

interface NewPasswordProps {
  readonly name: string;
  readonly label: string;
}

/** The field for a password that the user chooses. It says beforehand how long that must be. */
export function NewPassword(field: NewPasswordProps) {
  const min = useConfiguration()?.password.min_length;
  const hint = min ? `${words.atLeast(min)} ${words.passwordHint}` : words.passwordHint;
  return <Field {...field} hint={hint} type="password" autoComplete="new-password" required />;
}
