// One question and its answer, as it comes into being and afterwards.

import { announce, fromTemplate, h, icon } from "../lib/dom.js";
import { copyWith } from "../lib/copy.js";
import { failureNotice } from "../lib/failures.js";
import { band, plural } from "../lib/words.js";
import { connectLine, copyOf, headOf, noticesOf, textOf } from "./answer.js";
import { feedbackFor } from "./feedback.js";
import { sourcesTitle } from "./sources.js";

const quotes = (answer) => answer.model === "extractive" && answer.citations.length > 0;

// A longer question, such as a pasted mail, is folded.
const long = (question) => question.length > 500 || question.split("\n").length > 7;

export class Turn {
  /** desk: openSource(turn, citation, button), openList(turn, button), restyle(turn, select, style), again(turn), styles. */
  constructor(question, desk) {
    this.question = question;
    this.desk = desk;
    this.versions = [];
    this.shown = -1;
    this.head = h("div", { class: "answer-head" });
    this.body = h("div", { class: "answer-text prose" });
    this.side = h("div", { class: "answer-side" });
    this.answer = h("section", { class: "answer", "aria-label": "Answer" }, this.head, this.body, this.side);
    this.el = h("article", { class: "turn", "aria-label": question.slice(0, 80) }, ...this.questionNodes(), this.answer);
  }

  questionNodes() {
    const text = h("p", { class: "question" }, this.question);
    if (!long(this.question)) return [text];
    text.classList.add("long");
    const more = h("button", { type: "button", class: "button quiet small question-more", "aria-expanded": "false" }, "Show all");
    more.addEventListener("click", () => {
      const folded = text.classList.toggle("long");
      more.setAttribute("aria-expanded", String(!folded));
      more.textContent = folded ? "Show all" : "Show less";
    });
    return [text, more];
  }

  /** current is the answer that is shown: complete, or as far as it has come. */
  get current() { return this.partial ?? this.versions[this.shown]; }

  begin() {
    this.partial = { text: "", citations: [], passages: [], reasons: [], notices: [] };
    this.answer.className = "answer";
    this.answer.setAttribute("aria-busy", "true");
    this.head.replaceChildren(h("span", { class: "busy" }, "Looking in the documents"));
    this.body.replaceChildren();
    this.side.replaceChildren();
  }

  passages(event) {
    Object.assign(this.partial, { id: event.id, passages: event.passages });
    this.head.replaceChildren(h("span", { class: "busy" }, `Writing from ${plural(event.passages.length, "passage")}`));
  }

  delta(event) {
    this.partial.text += event.text;
    this.partial.citations.push(...event.citations);
    this.showText();
  }

  showText() {
    const answer = this.current;
    this.body.replaceChildren(textOf(answer, (citation, button) => this.desk.openSource(this, citation, button)));
  }

  finish(answer) {
    this.partial = null;
    this.versions.push(answer);
    this.show(this.versions.length - 1);
    const { text, hint } = band(answer.band);
    announce([`${text}.`, hint, `${plural(new Set(answer.citations.map((c) => c.n)).size, "source")}.`].filter(Boolean).join(" "));
  }

  show(index) {
    this.shown = index;
    const answer = this.current;
    this.answer.removeAttribute("aria-busy");
    this.answer.className = `answer ${answer.band}`;
    this.head.replaceChildren(...headOf(answer));
    this.showText();
    const { thumbs, slot } = feedbackFor(answer);
    this.side.replaceChildren(
      ...noticesOf(answer, () => this.desk.again(this)),
      ...(quotes(answer) && !this.desk.styles.writes() ? [connectLine()] : []),
      this.actions(answer, thumbs), slot, this.restyleRow(answer));
  }

  actions(answer, thumbs) {
    const copy = h("button", { type: "button", class: "button small", data: { action: "copy" } }, "Copy");
    copy.addEventListener("click", () => copyWith(copy, copyOf(answer, false)));
    const cited = h("button", { type: "button", class: "button quiet small", data: { action: "copy-sources" } }, "Copy with sources");
    cited.addEventListener("click", () => copyWith(cited, copyOf(answer, true)));
    const sources = h("button", { type: "button", class: "button quiet small", data: { action: "sources" } },
      icon("sources"), sourcesTitle(answer));
    sources.addEventListener("click", () => this.desk.openList(this, sources));
    return h("div", { class: "actions", role: "group", "aria-label": "Use the answer" },
      copy, answer.citations.length ? cited : null, answer.passages.length ? sources : null,
      this.versionButtons(), h("span", { class: "push" }), ...thumbs);
  }

  versionButtons() {
    if (this.versions.length < 2) return null;
    const step = (by, text, label) => h("button", {
      type: "button", class: "button quiet small", "aria-label": label, disabled: !this.versions[this.shown + by],
      on: { click: () => { this.show(this.shown + by); this.desk.changed(this); } },
    }, text);
    return h("span", { class: "versions" }, step(-1, "‹", "Earlier version"),
      h("span", { class: "hint" }, `Version ${this.shown + 1} of ${this.versions.length}`), step(1, "›", "Later version"));
  }

  restyleRow(answer) {
    const row = fromTemplate("restyle");
    this.desk.styles.fill(row, answer.style);
    row.prepend(h("span", { class: "hint" }, "Write again:"));
    row.addEventListener("change", (e) => this.desk.restyle(this, e.target, this.desk.styles.read(row)));
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Write the answer again from the same passages");
    return row;
  }

  /** broken keeps what has come and says that it is not all. */
  broken(notice) {
    this.answer.removeAttribute("aria-busy");
    this.head.replaceChildren(h("span", { class: "badge warn" }, "Not complete"));
    this.side.replaceChildren(notice);
  }

  /** restored goes back to the version from before a failed rewrite. */
  restored(err, retry) {
    this.partial = null;
    this.show(this.shown);
    this.side.prepend(failureNotice(err, retry));
  }

  get started() { return Boolean(this.partial?.text); }
}
