// The light and the dark theme. Until somebody chooses, the system decides.

import { byId } from "./dom.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

function label() {
  byId("theme").setAttribute("aria-label", dark() ? "Use the light theme" : "Use the dark theme");
}

export function startTheme() {
  label();
  system.addEventListener("change", label);
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("askdesk.theme", root.dataset.theme); // plain, early.js reads it
    } catch { /* then it holds for this page only */ }
    label();
  });
}
