// The documents page, for admins.

import { announce, byId, h } from "../lib/dom.js";
import * as api from "../lib/api.js";
import { confirmed } from "../lib/confirm.js";
import { startCopyButtons } from "../lib/copy.js";
import { failureNotice } from "../lib/failures.js";
import { browser } from "../lib/keep.js";
import { Pace } from "../lib/pace.js";
import { startTheme } from "../lib/theme.js";
import { pending, startUploader, validity } from "../lib/uploader.js";
import { plural } from "../lib/words.js";
import { rowOf } from "./row.js";
import { openViewer, startViewer } from "./viewer.js";

const perPage = 100;

class List {
  constructor() {
    this.documents = new Map();
    this.rows = new Map();
    this.pace = new Pace();
    this.select = byId("kb");
    this.select.addEventListener("change", () => { browser.set("kb", this.select.value); this.load(); });
    byId("more").addEventListener("click", () => this.more());
    startUploader(document.querySelector("[data-uploader]"), {
      base: () => this.base(),
      changed: (doc) => { if (doc.kb === this.select.value) { this.put(doc, true); this.summarise(); } },
    });
    startViewer();
  }

  async start() {
    await this.guard(async () => {
      await this.loadBases();
      await this.load();
    });
  }

  async loadBases() {
    this.bases = await api.bases();
    const chosen = this.select.value || browser.get("kb");
    this.select.replaceChildren(...this.bases.map((b) => h("option", { value: b.name }, b.name)));
    if (this.bases.some((b) => b.name === chosen)) this.select.value = chosen;
    this.select.closest(".pick").hidden = this.bases.length === 0;
  }

  async base() {
    if (!this.select.value) {
      await api.createBase("default");
      await this.loadBases();
    }
    return this.select.value;
  }

  async load() {
    this.documents.clear();
    this.rows.clear();
    byId("rows").replaceChildren();
    this.next = "";
    if (!this.select.value) return this.summarise();
    await this.more();
  }

  async more() {
    await this.guard(async () => {
      const kb = this.select.value;
      const page = await api.documents({ kb, limit: perPage, cursor: this.next });
      if (kb !== this.select.value) return;
      this.next = page.next ?? "";
      for (const doc of page.documents) this.put(doc, false);
      this.summarise();
      this.poll();
    });
  }

  // guard shows a failure above the list, with a way to try again.
  async guard(work) {
    try {
      await work();
    } catch (err) {
      byId("alert").replaceChildren(failureNotice(err, () => { byId("alert").replaceChildren(); this.guard(work); }));
    }
  }

  put(doc, first) {
    const row = rowOf(doc, { view: () => openViewer(doc), remove: (button) => this.remove(doc, button) });
    const old = this.rows.get(doc.id);
    if (old) old.replaceWith(row);
    else if (first) byId("rows").prepend(row);
    else byId("rows").append(row);
    this.rows.set(doc.id, row);
    this.documents.set(doc.id, doc);
  }

  summarise() {
    const all = [...this.documents.values()];
    const count = (state) => all.filter((d) => validity(d) === state).length;
    const parts = [`${plural(all.length, "document")}${this.next ? " so far" : ""}`];
    const failed = count("failed"), waiting = all.filter(pending).length, expired = count("expired"), early = count("early");
    if (waiting) parts.push(`${waiting} being read`);
    if (failed) parts.push(`${failed} not read`);
    if (expired) parts.push(`${expired} expired`);
    if (early) parts.push(`${early} not yet valid`);
    byId("summary").textContent = all.length ? `${parts.join(", ")}.` : "";
    byId("empty").hidden = all.length > 0;
    document.querySelector(".table-wrap").hidden = all.length === 0;
    byId("more").hidden = !this.next;
  }

  // poll follows documents that somebody else's upload or an ingest left in the queue.
  poll() {
    clearTimeout(this.timer);
    const waiting = [...this.documents.values()].filter(pending);
    if (!waiting.length) return;
    this.timer = setTimeout(() => this.look(waiting), this.pace.wait);
  }

  async look(waiting) {
    try {
      for (const { id } of waiting) await this.renew(id);
      this.pace.good();
      this.trouble?.remove();
      this.trouble = null;
    } catch (err) {
      const told = failureNotice(err, () => { this.pace.good(); this.poll(); });
      if (!this.trouble?.isConnected) byId("alert").replaceChildren(told);
      else if (this.trouble.textContent !== told.textContent) this.trouble.replaceWith(told);
      if (told.isConnected) this.trouble = told;
      if (!this.pace.bad(err)) return;
    }
    this.summarise();
    this.poll();
  }

  async renew(id) {
    try {
      const doc = await api.document(id);
      if (this.documents.has(id)) this.put(doc, false); // else another knowledge base was chosen, or it was deleted
    } catch (err) {
      if (err.status !== 404) throw err;
      this.drop(id);
    }
  }

  drop(id) {
    this.rows.get(id)?.remove();
    this.rows.delete(id);
    this.documents.delete(id);
  }

  async remove(doc, button) {
    const name = doc.title || doc.path;
    if (!(await confirmed("Delete this document?", `"${name}" no longer answers questions. Answers that quote it stay as they are.`))) return;
    button.disabled = true;
    await this.guard(async () => {
      await api.deleteDocument(doc.id);
      this.drop(doc.id);
      this.summarise();
      announce(`Deleted: ${name}.`);
      byId("list-title").focus();
    });
    button.disabled = false;
  }
}

startTheme();
startCopyButtons();
if (document.body.dataset.admin === "true") new List().start();
