// Copying to the clipboard, with a word that it happened.

import { announce, h } from "./dom.js";

export async function copyText(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  // Over plain HTTP on another machine browsers offer only the old way.
  const area = h("textarea", { class: "sr-only" });
  area.value = text;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  if (!done) throw new Error("copy");
}

/** copyWith copies and lets the button say so for a moment. */
export async function copyWith(button, text) {
  const label = button.dataset.label ?? (button.dataset.label = button.textContent);
  try {
    await copyText(text);
    button.textContent = "Copied";
    announce("Copied.");
  } catch {
    button.textContent = "Select and copy by hand";
    announce("This browser does not allow copying. Select the text and copy it.");
  }
  clearTimeout(button.resetTimer);
  button.resetTimer = setTimeout(() => { button.textContent = label; }, 2000);
}

/** startCopyButtons serves every [data-copy] of the page, now and later. */
export function startCopyButtons() {
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-copy]");
    if (button) copyWith(button, button.dataset.copy);
  });
}
