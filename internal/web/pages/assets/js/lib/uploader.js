// Adding files: chosen or dropped, several at once, followed until they are read.

import { h } from "./dom.js";
import { document as fetchDocument, upload } from "./api.js";
import { explain, failureNotice } from "./failures.js";
import { Pace } from "./pace.js";
import { plural } from "./words.js";

const words = {
  queued: ["Waiting", ""], reading: ["Reading", "info"], ready: ["Ready", "good"], failed: ["Not read", "stop"],
  early: ["Not yet valid", "warn"], expired: ["Expired", "warn"],
};

/** validity is a document's status, or why one that was read answers nothing now. */
export function validity(doc, now = Date.now()) {
  if (doc.status !== "ready") return doc.status;
  if (doc.valid_until && Date.parse(doc.valid_until) <= now) return "expired";
  return doc.valid_from && Date.parse(doc.valid_from) > now ? "early" : "ready";
}

/** statusBadge is a document's status in a word. */
export function statusBadge(status) {
  const [text, tone] = words[status] ?? [status, ""];
  return h("span", { class: `badge ${tone}`, data: { status } }, text);
}

/**
 * startUploader serves an upload form. base() resolves to the knowledge base to
 * add to; changed(document) is called at every step of every file.
 */
export function startUploader(form, { base, changed }) {
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-upload-list]");
  const status = form.querySelector("[data-upload-status]");
  const add = async (files) => {
    if (!files.length) return;
    const audience = new FormData(form).get("audience");
    status.textContent = `Sending ${plural(files.length, "file")}.`;
    const done = [];
    for (const file of files) done.push(await one(file, audience));
    const read = (await Promise.all(done.map((d) => d.end))).filter(Boolean).length;
    status.textContent = read === files.length ? `${plural(read, "file")} ready.` : `${read} of ${plural(files.length, "file")} ready.`;
  };
  const one = async (file, audience) => {
    const row = uploadRow(file.name);
    list.prepend(row.el);
    try {
      const doc = await upload(file, await base(), audience);
      return { end: follow(doc, row, changed) };
    } catch (err) {
      const { title, text } = explain(err);
      row.show("failed", `${title} ${text}`);
      return { end: Promise.resolve(false) };
    }
  };
  form.addEventListener("submit", (e) => e.preventDefault());
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await add(files);
  });
  drop.addEventListener("dragover", (e) => { e.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (e) => {
    e.preventDefault();
    drop.classList.remove("over");
    add([...e.dataTransfer.files]);
  });
}

function uploadRow(name) {
  const badge = h("span", {}, h("span", { class: "badge" }, "Sending"));
  const reason = h("span", { class: "hint" });
  const trouble = h("div", { class: "upload-trouble" });
  return {
    el: h("li", { class: "upload-item" }, h("span", { class: "upload-name grow" }, name), badge, reason, trouble),
    show(status, text) {
      badge.replaceChildren(statusBadge(status));
      reason.textContent = text;
      trouble.replaceChildren();
    },
    fail(notice) {
      if (trouble.textContent !== notice.textContent) trouble.replaceChildren(notice); // not read out at every look
    },
  };
}

// follow looks at a document until it is read or looking is no use any more, and
// resolves to whether it is ready.
async function follow(doc, row, changed) {
  const pace = new Pace();
  while (doc) {
    row.show(doc.status, doc.status === "ready" ? plural(doc.chunks, "chunk") : doc.reason);
    changed(doc);
    if (!pending(doc)) return doc.status === "ready";
    doc = await look(doc.id, row, pace);
  }
  return false;
}

async function look(id, row, pace) {
  for (;;) {
    await pace.pause();
    try {
      const doc = await fetchDocument(id);
      pace.good();
      return doc;
    } catch (err) {
      row.fail(failureNotice(err, () => pace.hurry()));
      if (!pace.bad(err)) return null;
    }
  }
}

export const pending = (doc) => doc.status === "queued" || doc.status === "reading";
