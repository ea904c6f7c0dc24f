/** Where a browser finds hosts, and which certificates it accepts besides those of the system's authorities. */
export interface Network {
  /** An address of IPv4 at which every host name is found. */
  readonly address?: string;
  /** SHA-256 of public keys, in base64: one of them in a server's chain is enough. */
  readonly pins?: readonly string[];
}
