// What was read in a document, as Askdesk sees it.

import { byId, h } from "../lib/dom.js";
import { documentText } from "../lib/api.js";
import { failureNotice } from "../lib/failures.js";
import { web } from "../lib/inline.js";
import { render } from "../lib/markdown.js";
import { day, languageName } from "../lib/words.js";

const longest = 200000; // characters shown; a browser stays quick with these

export function startViewer() {
  const dialog = byId("viewer");
  byId("viewer-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
}

export async function openViewer(doc) {
  byId("viewer-title").textContent = doc.title || doc.path;
  byId("viewer-facts").replaceChildren(...facts(doc));
  const text = byId("viewer-text");
  text.replaceChildren(h("p", { class: "hint" }, "Loading what was read."));
  if (!byId("viewer").open) byId("viewer").showModal();
  text.scrollTop = 0;
  try {
    const full = (await documentText(doc.id)).text ?? "";
    const body = h("div", { class: "prose" }, render(full.slice(0, longest)));
    const more = full.length > longest ? h("p", { class: "hint" }, `The first ${longest.toLocaleString("en")} of ${full.length.toLocaleString("en")} characters. askdesk extract FILE shows all of it.`) : null;
    text.replaceChildren(...[body, more].filter(Boolean));
  } catch (err) {
    text.replaceChildren(failureNotice(err, () => openViewer(doc)));
  }
}

function facts(doc) {
  const list = [
    ["File", `${doc.source}: ${doc.path}`],
    ["For", doc.audience === "agent" ? "Agents only" : "Also customers"],
    ["Chunks", doc.chunks.toLocaleString("en")],
    ["Updated", doc.updated ? day(doc.updated) : ""],
    ["Valid from", doc.valid_from ? day(doc.valid_from) : ""],
    ["Valid until", doc.valid_until ? day(doc.valid_until) : ""],
    ["Product", [doc.product, doc.version].filter(Boolean).join(" ")],
    ["Tags", doc.tags.join(", ")],
    ["Language", doc.language ? languageName(doc.language) : ""],
  ].filter(([, v]) => v).map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v)));
  const link = web(doc.url);
  if (link) list.push(h("div", {}, h("dt", {}, "Public page"), h("dd", {}, h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, link))));
  return list;
}
