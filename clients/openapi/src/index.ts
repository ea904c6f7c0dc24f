/** What breaks from one document to another. */
export { type Change, isBreak, type Kind } from "./diff/change.js";
export { compare } from "./diff/compare.js";
export type { Document, DocumentedOperation, Located, Marks } from "./document.js";
export { operationsOf } from "./document.js";
export { type Usage, usageIn } from "./usage/usage.js";
