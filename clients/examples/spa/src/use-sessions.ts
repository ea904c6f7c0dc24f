import type { SessionList } from "@bifrons/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "./client.js";
import { type Failure, failureOf } from "./failure.js";

/** The person's sessions, asked for anew whenever they come back to this window. */
export function useSessions(): { list?: SessionList; failure?: Failure; load: () => void } {
  const [known, setKnown] = useState<{ list?: SessionList; failure?: Failure }>({});
  const asking = useRef<AbortController>(undefined);

  const load = useCallback(async () => {
    // What was asked before must not be answered after.
    asking.current?.abort();
    const controller = new AbortController();
    asking.current = controller;
    const { signal } = controller;
    const found: typeof known = {};
    const failure = await failureOf(async () => {
      const answer = await client.listSessions({ limit: 100 }, { signal });
      if (answer.data) found.list = answer.data;
      return answer;
    });
    if (failure) found.failure = failure;
    if (!signal.aborted) setKnown(found);
  }, []);

  useEffect(() => {
    load();
    window.addEventListener("focus", load);
    return () => {
      window.removeEventListener("focus", load);
      asking.current?.abort();
    };
  }, [load]);

  return { ...known, load };
}
