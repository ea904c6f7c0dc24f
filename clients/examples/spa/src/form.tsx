import {
  type ComponentProps,
  createContext,
  type ReactNode,
  type SubmitEvent,
  startTransition,
  use,
  useActionState,
  useEffect,
  useId,
  useRef,
} from "react";
import { type Answer, type Failure, failureOf } from "./failure.js";

/** What the parts of a form know of it. */
const Sent = createContext<{ readonly pending: boolean; readonly failure: Failure }>({
  pending: false,
  failure: {},
});

interface FormProps {
  /** The call that is made when the form is sent, with what stands in its fields. */
  readonly call: (fields: Record<string, string | undefined>) => Promise<Answer>;
  /** What is done when it has succeeded. */
  readonly onDone?: () => void;
  readonly children: ReactNode;
}

/** A form that makes one call at a time. Its parts show how that fails. */
export function Form({ call, onDone, children }: FormProps) {
  const element = useRef<HTMLFormElement>(null);
  const [failure, send, pending] = useActionState(async () => {
    const fields = Object.fromEntries(new FormData(element.current ?? undefined));
    const failure = await failureOf(() => call(fields as Record<string, string>));
    if (failure) return placed(failure, fields);
    element.current?.reset();
    onDone?.();
    return undefined;
  }, undefined);

  useEffect(() => {
    if (failure) element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure]);

  // Not `action={send}`: that empties the fields when it fails, too.
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!pending) startTransition(send);
  };
  return (
    <form ref={element} onSubmit={submit}>
      <Sent value={{ pending, failure: pending || !failure ? {} : failure }}>{children}</Sent>
    </form>
  );
}

/** What is about none of the form's fields is about the form as a whole. */
function placed(failure: Failure, fields: object): Failure {
  const about = Object.entries(failure.fields ?? {});
  const isShown = about.length === 0 || about.some(([name]) => name in fields);
  return isShown ? failure : { message: about.map(([, text]) => text).join(" ") };
}

interface FieldProps extends ComponentProps<"input"> {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
}

/** An input with its label, and what is wrong with it. */
export function Field({ label, hint, ...input }: FieldProps) {
  const id = useId();
  const error = use(Sent).failure.fields?.[input.name];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} aria-invalid={!!error} aria-describedby={`${id}-about`} />
      <p id={`${id}-about`} className={error ? "error" : "hint"}>
        {error ?? hint}
      </p>
    </div>
  );
}

/** The button that sends the form, and what is wrong with the whole of it. */
export function Submit(button: ComponentProps<"button">) {
  const { pending, failure } = use(Sent);
  return (
    <>
      <p role="alert" className="error">
        {failure.message}
      </p>
      <button {...button} type="submit" aria-disabled={pending} />
    </>
  );
}
