import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { takeToken } from "./confirm.js";
import "./styles.css";

const token = takeToken();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App token={token} />
  </StrictMode>,
);
