// The box for the question. What is typed survives errors and reloads.

import { byId } from "../lib/dom.js";
import { tab } from "../lib/keep.js";

export class Composer {
  constructor({ ask, stop }) {
    this.form = byId("composer");
    this.box = byId("question");
    this.alert = byId("alert");
    this.box.value = tab.get("draft");
    this.form.addEventListener("submit", (e) => { e.preventDefault(); this.submit(ask); });
    this.box.addEventListener("input", () => this.changed());
    this.box.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); this.submit(ask); }
    });
    byId("stop").addEventListener("click", stop);
    this.grow();
  }

  submit(ask) {
    const text = this.box.value.trim();
    if (!text) { this.box.focus(); return; }
    if (!this.busy) ask(text);
  }

  get text() { return this.box.value; }

  set(text) {
    this.box.value = text;
    this.changed();
  }

  /** giveBack puts a question that was not answered before what has been typed since. */
  giveBack(question) {
    this.set([question, this.box.value.trim()].filter(Boolean).join("\n\n"));
  }

  changed() {
    tab.set("draft", this.box.value);
    this.grow();
  }

  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, innerHeight * 0.4)}px`;
  }

  setBusy(busy) {
    const focused = document.activeElement === byId("stop") || document.activeElement === byId("ask");
    this.busy = busy;
    byId("stop").hidden = !busy;
    byId("ask").hidden = busy;
    if (focused) this.box.focus();
  }

  /** say shows a notice above the box, or takes it away. */
  say(notice) {
    this.alert.replaceChildren(...(notice ? [notice] : []));
  }

  focus() { this.box.focus(); }
}
