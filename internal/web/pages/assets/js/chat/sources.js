// The panel beside the answer: its sources, and the passage behind a citation.

import { byId, h } from "../lib/dom.js";
import { day, place, plural, strength } from "../lib/words.js";
import { passageView } from "./passage.js";

const narrow = matchMedia("(max-width: 60rem)");

export class Sources {
  constructor() {
    this.panel = byId("side");
    this.title = byId("side-title");
    this.back = byId("side-back");
    this.body = byId("side-body");
    this.back.addEventListener("click", () => {
      this.list(this.turn, { force: true });
      this.title.focus({ preventScroll: true });
    });
    byId("side-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || document.querySelector("dialog[open]")) return;
      if (this.passage) { e.preventDefault(); this.closePassage(); }
      else if (this.panel.classList.contains("open")) { e.preventDefault(); this.close(); }
    });
    document.addEventListener("click", (e) => {
      if (this.panel.classList.contains("open") && e.target === document.body) this.close();
    });
    narrow.addEventListener("change", () => this.sheet(false));
    this.clear();
  }

  clear() {
    this.turn = null;
    this.leavePassage();
    this.sheet(false);
    this.title.textContent = "Sources";
    this.body.replaceChildren(h("p", { class: "hint" }, "The passages behind an answer appear here. Click a number in the answer to read its source."));
  }

  /** list shows the sources of a turn, unless somebody is reading a passage. */
  list(turn, { force = false } = {}) {
    if (this.passage && !force) return;
    this.turn = turn;
    this.leavePassage();
    const answer = turn.current;
    const used = cited(answer);
    const rest = answer.passages.map((p, i) => i).filter((i) => !used.has(i));
    this.title.textContent = sourcesTitle(answer);
    this.body.replaceChildren(...[
      answer.passages.length ? null : h("p", { class: "hint" }, "Nothing in this knowledge base comes near the question."),
      ...this.group([...used.keys()], used, null),
      ...this.group(rest, used, used.size ? "Also found, not used" : null),
    ].filter(Boolean));
  }

  group(indexes, used, title) {
    if (!indexes.length) return [];
    const items = indexes.map((i) => h("li", {}, this.card(i, used.get(i))));
    return [title ? h("h3", { class: "group-title" }, title) : null, h("ul", { class: "source-list" }, ...items)];
  }

  card(index, n) {
    const p = this.turn.current.passages[index];
    const button = h("button", { type: "button", class: n ? "source" : "source unused", data: { passage: index } },
      h("span", { class: "source-n" }, n ? String(n) : "·"),
      h("span", { class: "source-title" }, p.title || p.path),
      place(p) ? h("span", { class: "source-where" }, place(p)) : null,
      h("span", { class: "source-meta" }, strengthOf(p.relevance),
        p.updated ? h("span", {}, h("span", { class: "sr-only" }, "Updated "), day(p.updated)) : null,
        p.audience === "agent" ? h("span", { class: "tag internal" }, "Internal") : null));
    button.addEventListener("click", () => this.open(this.turn, index, null, button));
    return button;
  }

  /** open shows a passage; Esc brings the focus back to opener. */
  open(turn, index, citation, opener) {
    const from = this.body.contains(opener) ? { passage: index } : { opener };
    this.leavePassage();
    this.turn = turn;
    this.passage = { ...from, opener, sheet: this.panel.classList.contains("open") };
    opener.setAttribute("aria-expanded", "true");
    const n = citation?.n ?? cited(turn.current).get(index);
    this.title.textContent = n ? `Source ${n}` : "Source";
    this.back.hidden = false;
    this.body.replaceChildren(passageView(turn.current, index, citation));
    this.sheet(true);
    this.title.focus({ preventScroll: true });
    const marked = this.body.querySelector("mark:not(.other)") ?? this.body.querySelector("mark");
    this.body.scrollTop = 0;
    if (marked) this.body.scrollTop = Math.max(0, marked.offsetTop - this.body.clientHeight / 3);
  }

  leavePassage() {
    this.passage?.opener.removeAttribute("aria-expanded");
    if (this.passage?.opener.classList.contains("cite")) this.passage.opener.setAttribute("aria-expanded", "false");
    this.passage = null;
    this.back.hidden = true;
  }

  closePassage() {
    const { opener, passage, sheet } = this.passage;
    this.list(this.turn, { force: true });
    if (!sheet) this.sheet(false);
    const target = passage === undefined ? opener : this.body.querySelector(`[data-passage="${passage}"]`);
    (target?.isConnected ? target : this.title).focus();
  }

  /** openList brings the list of a turn to the front. */
  openList(turn, opener) {
    this.list(turn, { force: true });
    this.opener = opener;
    this.sheet(true);
    this.title.focus({ preventScroll: true });
  }

  close() {
    const opener = this.passage && !this.body.contains(this.passage.opener) ? this.passage.opener : this.opener;
    if (this.passage) this.list(this.turn, { force: true });
    this.sheet(false);
    opener?.focus();
  }

  // On a narrow screen the panel is a sheet over the page, which waits behind it.
  sheet(open) {
    const over = open && narrow.matches;
    this.panel.classList.toggle("open", over);
    for (const el of [byId("main"), document.querySelector(".bar")]) el.inert = over;
  }
}

/** sourcesTitle names what was found: what an answer rests on and what else there is, or only what came nearest. */
export function sourcesTitle(answer) {
  if (!answer.passages.length) return "No sources";
  if (answer.band === "handoff") return "Nearest passages";
  const used = cited(answer).size, rest = answer.passages.length - used;
  if (!used) return `${plural(rest, "passage")} found`;
  return rest ? `${plural(used, "source")}, ${rest} more found` : plural(used, "source");
}

// cited maps the passages that an answer quotes, in the order of their numbers, to those numbers.
function cited(answer) {
  const list = answer.citations.map((c) => [c.passage, c.n]).sort((a, b) => a[1] - b[1]);
  return new Map(list);
}

/** strengthOf is a relevance in a word, with bars for the eye. */
export function strengthOf(relevance) {
  const { level, name, text } = strength(relevance);
  return h("span", { class: `strength ${name}` },
    h("span", { class: "strength-bars", "aria-hidden": "true" }, ...[1, 2, 3].map((n) => h("i", { class: n <= level ? "on" : null }))),
    text);
}
