import type { ServiceConfiguration } from "@bifrons/client";
import { useEffect, useState } from "react";
import { client } from "./client.js";

/** What has been answered. It does not change while the page is open. */
let known: ServiceConfiguration | undefined;
let asked: Promise<void> | undefined;

/** What the service is configured to do, once it has answered. Until then forms show what is true of every service. */
export function useConfiguration(): ServiceConfiguration | undefined {
  const [configuration, setConfiguration] = useState(known);
  useEffect(() => {
    asked ??= ask();
    asked.then(() => setConfiguration(known));
  }, []);
  return configuration;
}

/** Without an answer, the next form asks again. */
async function ask(): Promise<void> {
  const answer = await client.getConfiguration().catch(() => undefined);
  known = answer?.data;
  if (!known) asked = undefined;
}
