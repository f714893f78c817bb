// One passage, with the quoted words marked.

import { h } from "../lib/dom.js";
import { web } from "../lib/inline.js";
import { render } from "../lib/markdown.js";
import { units } from "../lib/points.js";
import { day, place } from "../lib/words.js";
import { strengthOf } from "./sources.js";

/** passageView shows passage index of an answer; citation is the one that was clicked, or null. */
export function passageView(answer, index, citation) {
  const p = answer.passages[index];
  const link = web(p.url);
  return h("div", { class: "passage" },
    h("h3", {}, p.title || p.path),
    place(p) ? h("p", { class: "passage-path" }, place(p)) : null,
    h("div", { class: "passage-meta" },
      strengthOf(p.relevance),
      p.updated ? h("span", {}, `Updated ${day(p.updated)}`) : h("span", {}, "No date"),
      p.audience === "agent" ? h("span", { class: "tag internal" }, "Internal") : null,
      link ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open the public page") : null),
    h("p", { class: "passage-path" }, `${p.source}: ${p.path}`),
    p.audience === "agent" ? h("div", { class: "notice bad" }, h("p", {}, h("strong", {}, "Internal."), " For agents only: check before you send its words on.")) : null,
    h("div", { class: "prose" }, render(p.text, { marks: marksOf(answer, p, index, citation) })));
}

// The clicked citation comes first: where quotes overlap, its mark wins.
function marksOf(answer, passage, index, citation) {
  return answer.citations
    .filter((c) => c.passage === index)
    .map((c) => ({ ...spanOf(passage, c), class: citation && c !== citation && c.text_start !== citation.text_start ? "other" : undefined }))
    .filter((m) => m.end > m.start)
    .sort((a, b) => (a.class ? 1 : 0) - (b.class ? 1 : 0));
}

function spanOf(passage, citation) {
  const start = units(passage.text, citation.quote_start - passage.start);
  const end = start + citation.quote.length;
  if (passage.text.slice(start, end) === citation.quote) return { start, end };
  const found = passage.text.indexOf(citation.quote);
  return found < 0 ? { start: 0, end: 0 } : { start: found, end: found + citation.quote.length };
}
