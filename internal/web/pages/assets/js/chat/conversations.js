// The list of the last conversations.

import { byId, h, icon } from "../lib/dom.js";
import { conversations, deleteConversation } from "../lib/api.js";
import { confirmed } from "../lib/confirm.js";
import { explain } from "../lib/failures.js";
import { when } from "../lib/words.js";

const most = 50;

export class Conversations {
  /** open(id) shows a conversation; gone(id) is called when one was deleted. */
  constructor({ open, gone }) {
    this.open = open;
    this.gone = gone;
    this.list = byId("conversations");
    this.rail = byId("rail");
    this.hint = byId("no-conversations");
    this.emptyText = this.hint.textContent;
    byId("open-rail").addEventListener("click", () => this.drawer(true));
    byId("close-rail").addEventListener("click", () => this.drawer(false));
    document.addEventListener("click", (e) => {
      if (this.rail.classList.contains("open") && e.target === document.body) this.drawer(false);
    });
    this.rail.addEventListener("keydown", (e) => {
      if (e.key === "Escape" && this.rail.classList.contains("open")) { e.stopPropagation(); this.drawer(false); }
    });
  }

  drawer(open) {
    const was = this.rail.classList.contains("open");
    this.rail.classList.toggle("open", open);
    for (const el of [byId("main"), document.querySelector(".bar")]) el.inert = open;
    byId("open-rail").setAttribute("aria-expanded", String(open));
    if (open) byId("new-ticket").focus();
    else if (was) byId("open-rail").focus();
  }

  async refresh(current) {
    this.current = current;
    try {
      const list = await conversations(most);
      this.list.replaceChildren(...list.map((c) => this.row(c)));
      this.hint.textContent = this.emptyText;
      this.hint.hidden = list.length > 0;
    } catch (err) {
      const { title, text } = explain(err);
      this.hint.textContent = `${title} ${text}`;
      this.hint.hidden = false;
    }
    this.mark(current);
  }

  row(c) {
    const open = h("button", { type: "button", class: "conversation-open" },
      h("span", { class: "conversation-title" }, c.title),
      h("span", { class: "conversation-when" }, when(c.updated)));
    open.addEventListener("click", () => { this.drawer(false); this.open(c.id); });
    const remove = h("button", { type: "button", class: "icon-button conversation-delete", "aria-label": `Delete: ${c.title}` }, icon("trash"));
    remove.addEventListener("click", () => this.remove(c));
    return h("li", { class: "conversation", data: { id: c.id } }, open, remove);
  }

  async remove(c) {
    if (!(await confirmed("Delete this conversation?", `"${c.title}" and its answers are deleted for good.`))) return;
    try {
      await deleteConversation(c.id);
      this.gone(c.id);
      await this.refresh(this.current);
      byId("new-ticket").focus();
    } catch (err) {
      const { title, text } = explain(err);
      this.hint.textContent = `${title} ${text}`;
      this.hint.hidden = false;
    }
  }

  mark(id) {
    this.current = id;
    for (const row of this.list.children) {
      const is = row.dataset.id === id;
      row.classList.toggle("current", is);
      row.firstElementChild.setAttribute("aria-current", is ? "true" : "false");
    }
  }
}
