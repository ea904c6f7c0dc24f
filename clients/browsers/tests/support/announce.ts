/** Says once what is left out on purpose. */
export default function announce(): void {
  if (process.env["WITHOUT_FIREFOX"] === "1") {
    console.warn("Not run: everything in Firefox, because WITHOUT_FIREFOX is 1.");
  }
}
