/** Options for TanStack Query, in whichever framework: `useQuery(query(client, "getMe"))`. */
import type { Client } from "../client.js";
import type { ReadingId } from "../generated/methods.js";
import type { ProblemError } from "../problem-error.js";
import type { Data, Input, OperationId } from "../types.js";

/** The key of a query: `["bifrons", "getMe", {}]`; a part of it finds what to invalidate. */
export type QueryKey<Id extends ReadingId> = readonly ["bifrons", Id, Input<Id> | undefined];

/** The options of a query for an operation that reads. Problems are thrown as `ProblemError`. */
export function query<Id extends ReadingId>(
  client: Pick<Client, "throwing">,
  id: Id,
  input?: Input<Id>,
): {
  queryKey: QueryKey<Id>;
  queryFn: (context: { readonly signal: AbortSignal }) => Promise<Data<Id>>;
} {
  const method = client.throwing[id] as (
    input?: Input<Id>,
    options?: { readonly signal: AbortSignal },
  ) => Promise<Data<Id>>;
  return {
    queryKey: ["bifrons", id, input],
    queryFn: ({ signal }) => method(input, { signal }),
  };
}

/** What a mutation is told: nothing, where nothing has to be said. */
export type Variables<Id extends OperationId> = undefined extends Parameters<Client[Id]>[0]
  ? // biome-ignore lint/suspicious/noConfusingVoidType: `mutate()` asks for it
    Input<Id> | void
  : Input<Id>;

/** The options of a mutation for an operation that changes something. */
export function mutation<Id extends Exclude<OperationId, ReadingId>>(
  client: Pick<Client, "throwing">,
  id: Id,
): {
  mutationKey: readonly ["bifrons", Id];
  mutationFn: (input: Variables<Id>) => Promise<Data<Id>>;
} {
  const method = client.throwing[id] as unknown as (input: unknown) => Promise<Data<Id>>;
  return {
    mutationKey: ["bifrons", id],
    // The input alone: TanStack Query passes more arguments.
    mutationFn: (input) => method(input ?? undefined),
  };
}

/** Not to ask again what the service has refused; what did not reach it is worth another try. */
export function retry(failures: number, error: unknown): boolean {
  const status = (error as Partial<ProblemError>).problem?.status ?? 503;
  return failures < 3 && status >= 500;
}
