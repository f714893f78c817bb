// How an answer is written: the choices of the service, the one made last.

import { h } from "../lib/dom.js";
import { browser } from "../lib/keep.js";
import { languageName, named } from "../lib/words.js";

const lists = { tone: "tones", format: "formats", length: "lengths", language: "languages" };

const asked = "auto"; // the language of the question

const label = (field, name) => (field !== "language" ? named(name) : name === asked ? "As asked" : languageName(name));

/** Styles fills and reads groups of selects marked data-style. */
export class Styles {
  constructor(choices, models) {
    this.choices = choices;
    this.models = models;
    this.last = browser.get("style", {});
  }

  /** remembered is the style chosen last, as far as the service still offers it. */
  remembered() {
    const style = {};
    for (const [field, list] of Object.entries(lists)) {
      if (this.choices[list].some((c) => c.name === this.last[field])) style[field] = this.last[field];
    }
    if (this.models.some((m) => m.name === this.last.model)) style.model = this.last.model;
    return style;
  }

  /** remember keeps what was chosen in one select; the rest stays with the service. */
  remember(select) {
    this.last = { ...this.last, [select.dataset.style]: select.value };
    browser.set("style", this.last);
  }

  /** fill gives every select of root its options and shows style in them. */
  fill(root, style) {
    for (const select of root.querySelectorAll("[data-style]")) {
      const options = this.options(select.dataset.style);
      select.replaceChildren(...options.map((o) => h("option", { value: o.value, title: o.title }, o.text)));
      select.value = style[select.dataset.style] ?? options.find((o) => o.chosen)?.value ?? "";
      if (select.selectedIndex < 0) select.selectedIndex = 0;
      select.closest(".pick").hidden = options.length < 2;
    }
  }

  options(field) {
    if (field === "model") return this.models.map((m) => ({ value: m.name, text: m.name, chosen: m.default }));
    const choices = this.choices[lists[field]].map((c) => ({ value: c.name, text: label(field, c.name), title: c.description, chosen: c.default || c.name === asked }));
    if (choices.length && !choices.some((c) => c.chosen)) {
      choices.unshift({ value: "", text: "As usual", chosen: true });
    }
    return choices;
  }

  /** read is the style that root's selects show. */
  read(root) {
    const style = {};
    for (const select of root.querySelectorAll("[data-style]")) if (select.options.length) style[select.dataset.style] = select.value;
    return style;
  }

  /** writes reports whether some model can write; otherwise answers are quotes. */
  writes() {
    return this.models.some((m) => m.kind !== "extractive");
  }
}

/** summary is a style in a few words. */
export const summary = (style) => ["tone", "format", "length"].filter((f) => style[f]).map((f) => style[f].replaceAll("_", " "))
  .map((s, i) => (i === 0 ? named(s) : s)).join(", ") || "Usual style";
