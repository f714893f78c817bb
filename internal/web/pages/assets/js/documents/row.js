// One document in the list.

import { h, icon } from "../lib/dom.js";
import { statusBadge, validity } from "../lib/uploader.js";
import { day } from "../lib/words.js";

// reasonOf says why a document answers nothing.
function reasonOf(doc) {
  switch (validity(doc)) {
    case "expired": return `Answers nothing since ${day(doc.valid_until)}`;
    case "early": return `Answers nothing before ${day(doc.valid_from)}`;
  }
  return doc.reason;
}

export function rowOf(doc, { view, remove }) {
  const name = doc.title || doc.path;
  const bin = h("button", { type: "button", class: "icon-button", "aria-label": `Delete ${name}` }, icon("trash"));
  bin.addEventListener("click", () => remove(bin));
  return h("tr", { data: { id: doc.id } },
    h("td", {},
      doc.status === "ready"
        ? h("button", { type: "button", class: "document-title", title: "See what was read", on: { click: view } }, name)
        : h("span", { class: "document-title" }, name),
      h("span", { class: "document-path" }, `${doc.source}: ${doc.path}`)),
    h("td", {}, statusBadge(validity(doc)), reasonOf(doc) ? h("span", { class: "document-reason" }, reasonOf(doc)) : null),
    h("td", {}, h("span", { class: doc.audience === "agent" ? "tag" : "tag open" }, doc.audience === "agent" ? "Agents only" : "Also customers")),
    h("td", { class: "num", data: { unit: doc.chunks === 1 ? "chunk" : "chunks" } }, doc.chunks.toLocaleString("en")),
    h("td", { data: { cell: "updated" } }, doc.updated ? day(doc.updated) : doc.indexed ? `Read ${day(doc.indexed)}` : "-"),
    h("td", { class: "row-actions" }, bin));
}
