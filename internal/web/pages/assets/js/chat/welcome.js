// What the page shows before anything has been asked.

import { byId } from "../lib/dom.js";
import { createBase } from "../lib/api.js";
import { startUploader } from "../lib/uploader.js";

const firstBase = "default"; // the name that every command uses by itself

/** startExamples asks an example when it is clicked; one that follows up asks its first question before. */
export function startExamples(askAll) {
  for (const button of document.querySelectorAll(".example")) {
    button.addEventListener("click", () => askAll([button.dataset.after, button.dataset.question].filter(Boolean)));
  }
}

/** startFirstRun serves the upload box of an empty service; done() is called when a question can be asked. */
export function startFirstRun(bases, done) {
  const form = document.querySelector("#first-run [data-uploader]");
  if (!form) return;
  let base = bases[0]?.name;
  const make = async () => {
    if (!base) base = (await createBase(firstBase)).name;
    return base;
  };
  const go = byId("first-question");
  go.addEventListener("click", done);
  startUploader(form, { base: make, changed: (doc) => { if (doc.status === "ready") go.hidden = false; } });
}

/** showStart shows one of the two welcomes, or neither. */
export function showStart(which) {
  byId("welcome").hidden = which !== "welcome";
  byId("first-run").hidden = which !== "first-run";
  byId("composer").hidden = which === "first-run";
  byId("main").classList.toggle("starting", which !== null);
}
