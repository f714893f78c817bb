// One document in the list.

import { h, icon } from "../lib/dom.js";
import { statusBadge } from "../lib/uploader.js";
import { day } from "../lib/words.js";

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
    h("td", {}, statusBadge(doc.status), doc.reason ? h("span", { class: "document-reason" }, doc.reason) : null),
    h("td", {}, h("span", { class: doc.audience === "agent" ? "tag" : "tag open" }, doc.audience === "agent" ? "Agents only" : "Also customers")),
    h("td", { class: "num" }, doc.chunks.toLocaleString("en")),
    h("td", { data: { cell: "updated" } }, doc.updated ? day(doc.updated) : doc.indexed ? `Read ${day(doc.indexed)}` : "-"),
    h("td", { class: "row-actions" }, bin));
}
