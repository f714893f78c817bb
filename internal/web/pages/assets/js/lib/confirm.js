// A question that has to be answered before something is lost.

import { byId } from "./dom.js";

/** confirmed asks and resolves to whether the answer was yes. Focus returns to where it was. */
export function confirmed(title, text, yes = "Delete") {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
