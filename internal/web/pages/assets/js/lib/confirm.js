// A question that has to be answered before something is lost.

import { byId } from "./dom.js";

let settle = () => {};

/** confirmed asks and resolves to whether the answer was yes. Focus returns to where it was. */
export function confirmed(title, text, yes = "Delete") {
  settle(false);
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  // The close event comes late: by then the next question may be open, and the
  // event of the last one must not answer it.
  dialog.onclose = () => { if (!dialog.open) settle(dialog.returnValue === "yes"); };
  return new Promise((resolve) => { settle = resolve; });
}
