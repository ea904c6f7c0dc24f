import type { Client } from "@bifrons/client";

declare global {
  namespace App {
    interface Locals {
      /** The client of this one request. */
      client: Client;
    }
  }
}
