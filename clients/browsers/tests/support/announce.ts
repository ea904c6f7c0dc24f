import { missingForWebKit } from "./webkit.js";

/** Says once what is left out. */
export default function announce(): void {
  if (process.env["WITHOUT_FIREFOX"] === "1") {
    console.warn("Not run: everything in Firefox, because WITHOUT_FIREFOX is 1.");
  }
  if (missingForWebKit.length > 0) {
    const missing = missingForWebKit.join(" and ");
    console.warn(
      `Not run: everything in WebKitGTK, because there is no ${missing} (apt-get install webkit2gtk-driver xvfb).`,
    );
  }
}
