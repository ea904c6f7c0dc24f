/**
 * `breaking`: code written for the first document stops working. `unhandled`: the service may answer with something
 * that such code has no branch for, as a code or a value of a list. `additive`: it notices nothing.
 */
export type Kind = "breaking" | "unhandled" | "additive";

/** A change, as callers feel it. */
export interface Change {
  readonly kind: Kind;
  readonly operation: string;
  readonly what: string;
}

/** A difference, before it is known of which operation. */
export interface Difference {
  readonly kind: Kind;
  readonly what: string;
}

/** Whether code written for the first document has to change. */
export const isBreak = ({ kind }: { readonly kind: Kind }): boolean => kind !== "additive";
