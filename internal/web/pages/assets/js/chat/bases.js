// The knowledge bases that a question is asked of: one that a person chose, or
// those of the conversation that was opened.

import { byId, h } from "../lib/dom.js";
import { browser } from "../lib/keep.js";

const between = ","; // no name has one

export class Bases {
  constructor(bases) {
    this.select = byId("kb");
    this.names = bases.map((b) => b.name);
    const last = browser.get("kb");
    this.chosen = this.names.includes(last) ? last : this.names[0] ?? "";
    this.select.addEventListener("change", () => {
      if (!this.names.includes(this.select.value)) return;
      this.chosen = this.select.value;
      browser.set("kb", this.chosen);
    });
    this.reset();
  }

  /** asked are those that the next question is asked of. */
  get asked() { return this.select.value.split(between).filter(Boolean); }

  /** reset shows what was chosen last. */
  reset() { this.show(this.chosen); }

  /**
   * follow shows those of a conversation, for this conversation alone. Several
   * are one more option, and so is one that is gone: asking on says so, where
   * another one would answer something else.
   */
  follow(names) { this.show(names.join(between)); }

  show(value) {
    const values = this.names.includes(value) || !value ? this.names : [value, ...this.names];
    this.select.replaceChildren(...values.map((v) => h("option", { value: v }, v.replaceAll(between, ", "))));
    this.select.value = value;
  }
}
