export { observed } from "./observed.js";
