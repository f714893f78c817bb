// Pieces of an answer: its text with [n] buttons, its band, its notices.

import { fromTemplate, h } from "../lib/dom.js";
import { render } from "../lib/markdown.js";
import { plainText } from "../lib/plain.js";
import { units } from "../lib/points.js";
import { band } from "../lib/words.js";

/** textOf renders an answer; open(citation, button) is called for a marker. */
export function textOf(answer, open) {
  const text = render(answer.text, {
    breaks: true,
    marker: (n, at) => {
      const citation = citationAt(answer, n, at);
      if (!citation) return null;
      const button = h("button", {
        type: "button", class: "cite", data: { n }, "aria-label": `Source ${n}: ${citation.title}`, "aria-expanded": "false",
      }, String(n));
      button.addEventListener("click", () => open(citation, button));
      return button;
    },
  });
  text.querySelectorAll(".cite").forEach(keepWithWord);
  return text;
}

// keepWithWord ties a marker to the word before it: no number alone on a line.
function keepWithWord(cite) {
  const before = cite.previousSibling;
  const [, word] = before?.nodeType === Node.TEXT_NODE ? /(\S{0,24} ?)$/.exec(before.data) : [];
  if (!word) return;
  before.data = before.data.slice(0, -word.length);
  const tie = h("span", { class: "tie" }, word);
  cite.before(tie);
  tie.append(cite);
}

// The marker stands in or right after the sentence whose quote it carries.
function citationAt(answer, n, at) {
  const all = answer.citations.filter((c) => c.n === n);
  const distance = (c) => {
    const start = units(answer.text, c.text_start), end = units(answer.text, c.text_end);
    return at < start ? start - at : Math.max(0, at - end);
  };
  return all.reduce((best, c) => (best && distance(best) <= distance(c) ? best : c), null);
}

/** headOf is the band as a badge, with what to do and its reasons in words. */
export function headOf(answer) {
  const { text, tone, hint } = band(answer.band);
  const why = [hint, ...answer.reasons.map((r) => r.message)].filter(Boolean).join(" ");
  return [
    h("span", { class: `badge ${tone}` }, text),
    answer.notices.some((n) => n.code === "ended_early") ? h("span", { class: "badge warn" }, "Not complete") : null,
    internal(answer) ? h("span", { class: "tag internal", title: "Some of its words come from documents for agents only" }, "Uses internal sources") : null,
    why ? h("span", { class: "answer-why" }, why) : null,
  ].filter(Boolean);
}

const internal = (answer) => answer.citations.some((c) => passageOf(answer, c)?.audience === "agent");

export const passageOf = (answer, citation) => answer.passages[citation.passage];

// What went wrong with the writing itself; asking again may help.
const serious = new Set(["model_unavailable", "ended_early"]);

/** noticesOf are what the service says about how the answer came to be. */
export function noticesOf(answer, retry) {
  const boxes = answer.notices.filter((n) => serious.has(n.code)).map((n) => h("div", { class: "notice warn", role: "note" },
    h("p", {}, n.message), h("button", { type: "button", class: "button small", on: { click: retry } }, "Try again")));
  const notes = answer.notices.filter((n) => !serious.has(n.code)).map((n) => h("li", {}, n.message));
  return notes.length ? [...boxes, h("ul", { class: "notes" }, ...notes)] : boxes;
}

/** connectLine says that an answer is quotes only, and how to get more. */
export function connectLine() {
  return h("details", { class: "connect" },
    h("summary", {}, "Quotes from your documents; connect a model for a written reply"),
    fromTemplate("connect"));
}

/** copyOf is the answer for the clipboard. With sources, only public documents are named. */
export function copyOf(answer, withSources) {
  const open = (n) => answer.citations.some((c) => c.n === n && passageOf(answer, c)?.audience === "public");
  const text = plainText(textOf(answer, () => {}), { markers: (n) => withSources && open(n) });
  if (!withSources) return text;
  const named = new Map();
  for (const c of answer.citations) if (open(c.n)) named.set(c.n, `[${c.n}] ${c.title}${c.url ? ` - ${c.url}` : ""}`);
  const lines = [...named].sort(([a], [b]) => a - b).map(([, line]) => line);
  return lines.length ? `${text}\n\n${lines.join("\n")}` : text;
}
