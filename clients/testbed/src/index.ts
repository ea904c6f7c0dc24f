export { ControlError } from "./control.js";
export { attach, start, type Testbed } from "./testbed.js";
export type * from "./types.js";
