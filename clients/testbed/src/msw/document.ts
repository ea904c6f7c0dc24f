import type { components } from "../generated/schemas.js";
import type { operations, problems, waits } from "../generated/service.js";

/** The schemas of the service. */
export type Schemas = components["schemas"];

/** The operations of the service. */
export type OperationId = keyof typeof operations;

/** The problem codes of the service. */
export type Code = keyof typeof problems;

/** The problem codes that the document lists for an operation. */
export type CodeOf<Id extends OperationId> = (typeof operations)[Id]["codes"][number];

/** The codes whose answers say when to ask again. */
export type WaitCode = (typeof waits)[number];
