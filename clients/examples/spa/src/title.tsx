import type { ReactNode } from "react";

/** The title of what has just replaced something else, so that a screen reader goes on from there. */
export function Title({ children }: { readonly children: ReactNode }) {
  return (
    <h1 tabIndex={-1} ref={focus}>
      {children}
    </h1>
  );
}

const focus = (title: HTMLElement | null) => title?.focus();
