// The chat page.

import { announce, byId, h } from "../lib/dom.js";
import * as api from "../lib/api.js";
import { startCopyButtons } from "../lib/copy.js";
import { explain, failureNotice } from "../lib/failures.js";
import { tab } from "../lib/keep.js";
import { startTheme } from "../lib/theme.js";
import { Bases } from "./bases.js";
import { Composer } from "./composer.js";
import { Conversations } from "./conversations.js";
import { Sources } from "./sources.js";
import { Styles, summary } from "./style.js";
import { Turn } from "./turn.js";
import { showStart, startExamples, startFirstRun } from "./welcome.js";

class Desk {
  constructor() {
    this.conversation = "";
    this.turns = [];
    this.thread = byId("thread");
    this.sources = new Sources();
    this.composer = new Composer({ ask: (text) => this.ask(text), stop: () => this.abort?.abort() });
    this.rail = new Conversations({ open: (id) => this.openConversation(id), gone: (id) => { if (id === this.conversation) this.clean(); } });
    byId("new-ticket").addEventListener("click", () => { this.rail.drawer(false); this.clean(); });
    document.addEventListener("keydown", (e) => {
      if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "j") { e.preventDefault(); this.clean(); }
    });
    startExamples((questions) => this.askAll(questions));
  }

  async start() {
    const cutOff = tab.get("pending");
    try {
      const [bases, models, styles] = await Promise.all([api.bases(), api.models(), api.styles()]);
      this.styles = new Styles(styles, models);
      this.begin(bases);
    } catch (err) {
      showStart("welcome");
      this.composer.say(failureNotice(err, () => { this.composer.say(null); this.start(); }));
      return;
    }
    const id = new URLSearchParams(location.search).get("c");
    await Promise.all([this.rail.refresh(id ?? ""), id ? this.openConversation(id) : null]);
    this.pickUp(cutOff);
  }

  begin(bases) {
    this.bases = new Bases(bases);
    const menu = byId("style-menu");
    this.styles.fill(menu, this.styles.remembered());
    const show = () => { byId("style-summary").textContent = summary(this.styles.read(menu)); };
    show();
    menu.addEventListener("change", (e) => { this.styles.remember(e.target); show(); });
    menu.addEventListener("keydown", (e) => {
      if (e.key === "Escape" && menu.open) { e.stopPropagation(); menu.open = false; menu.firstElementChild.focus(); }
    });
    document.addEventListener("click", (e) => { if (!menu.contains(e.target)) menu.open = false; });
    this.showStyle = () => { this.styles.fill(menu, this.styles.remembered()); show(); };
    this.empty = bases.every((b) => b.documents === 0);
    startFirstRun(bases, () => location.reload());
    showStart(this.empty ? "first-run" : "welcome");
    if (!this.empty && matchMedia("(hover: hover)").matches) this.composer.focus();
  }

  // pickUp gives back the question that a reload cut off.
  pickUp(question) {
    if (!question) return;
    if (!this.abort) tab.set("pending", "");
    if (this.turns.some((t) => t.question === question)) return;
    this.composer.giveBack(question);
    this.composer.say(h("div", { class: "notice", role: "status" },
      h("p", {}, h("strong", {}, "Your last question was not answered"), " before the page closed. It is back in the box.")));
  }

  async askAll(questions) {
    for (const q of questions) if (!(await this.ask(q))) return;
  }

  /** ask adds a turn, and reports whether it was answered. */
  async ask(question) {
    if (this.abort || !this.styles) return false;
    const turn = new Turn(question, this);
    this.turns.push(turn);
    this.thread.append(turn.el);
    showStart(null);
    if (this.composer.text.trim() === question) this.composer.set("");
    this.composer.say(null);
    return this.run(turn, { question, conversation: this.conversation, kb: this.bases.asked, ...this.styles.remembered() });
  }

  // run streams one answer into a turn.
  async run(turn, request) {
    const rewrite = Boolean(request.from);
    const abort = this.abort = new AbortController();
    this.composer.setBusy(true);
    turn.begin();
    turn.el.scrollIntoView({ block: "start" });
    announce("Looking in the documents.");
    if (!rewrite) tab.set("pending", turn.question);
    try {
      const answer = await api.ask(filled(request), abort.signal, {
        passages: (event) => { turn.passages(event); this.showSources(turn); },
        delta: (event) => turn.delta(event),
      });
      turn.finish(answer);
      this.joined(answer.conversation);
      this.showSources(turn);
      tab.set("pending", "");
      return true;
    } catch (err) {
      this.failed(turn, request, err);
      return false;
    } finally {
      if (this.abort === abort) { this.abort = null; this.composer.setBusy(false); }
      if (turn.el.isConnected) this.rail.refresh(this.conversation);
    }
  }

  failed(turn, request, err) {
    if (!turn.el.isConnected) return;
    const stopped = err.name === "AbortError";
    const again = () => this.run(turn, request);
    if (request.from) turn.restored(stopped ? stoppedFailure() : err, again);
    else if (turn.started) turn.broken(stopped ? stoppedNotice(again) : brokenNotice(err, again));
    else this.takeBack(turn, stopped ? null : err);
  }

  // takeBack puts the question into the box again: nothing of an answer came.
  takeBack(turn, err) {
    tab.set("pending", "");
    turn.el.remove();
    this.turns = this.turns.filter((t) => t !== turn);
    if (!this.turns.length) { showStart("welcome"); this.sources.clear(); }
    this.composer.giveBack(turn.question);
    if (err) this.composer.say(failureNotice(err, () => { this.composer.say(null); this.composer.form.requestSubmit(); }));
    this.composer.focus();
  }

  // joined happens when an answer is stored: before, the service does not know the conversation.
  joined(conversation) {
    if (!conversation || conversation === this.conversation) return;
    this.conversation = conversation;
    history.replaceState(null, "", `/?c=${encodeURIComponent(conversation)}`);
  }

  showSources(turn) {
    if (turn === this.turns.at(-1)) this.sources.list(turn);
  }

  openSource(turn, citation, button) { this.sources.open(turn, citation.passage, citation, button); }
  openList(turn, button) { this.sources.openList(turn, button); }
  changed(turn) { this.sources.list(turn, { force: true }); }

  restyle(turn, select, style) {
    if (this.abort) return;
    this.styles.remember(select);
    this.showStyle();
    this.run(turn, { from: turn.current.id, ...style, model: this.styles.remembered().model });
  }

  again(turn) {
    if (this.abort) return;
    const { from, kb, style } = turn.current;
    const { model } = this.styles.remembered();
    this.run(turn, from ? { from, ...style, model } : { question: turn.question, conversation: this.conversation, kb, ...style, model });
  }

  /** clean begins a new ticket. */
  clean() {
    this.abort?.abort();
    this.abort = null;
    this.composer.setBusy(false);
    this.composer.say(null);
    tab.set("pending", "");
    this.conversation = "";
    this.turns = [];
    this.thread.replaceChildren();
    this.sources.clear();
    this.bases?.reset();
    this.rail.mark("");
    history.replaceState(null, "", "/");
    showStart(this.empty ? "first-run" : "welcome");
    this.composer.focus();
    announce("New ticket.");
  }

  async openConversation(id) {
    let detail;
    try {
      detail = await api.conversation(id);
    } catch (err) {
      if (err.status === 404) { history.replaceState(null, "", "/"); }
      this.composer.say(failureNotice(err, () => { this.composer.say(null); this.openConversation(id); }));
      return;
    }
    this.clean();
    this.joined(id);
    for (const answer of detail.answers) this.restore(answer);
    if (detail.answers.length) this.bases.follow(detail.answers.at(-1).kb);
    showStart(this.turns.length ? null : "welcome");
    if (this.turns.length) {
      this.sources.list(this.turns.at(-1));
      this.turns.at(-1).el.scrollIntoView({ block: "start" });
    }
    this.rail.mark(id);
    announce(`Conversation: ${detail.title}.`);
  }

  // restore shows a stored answer: a new turn, or another version of an earlier one.
  restore(answer) {
    const earlier = this.turns.find((t) => t.versions.some((v) => v.id === answer.from));
    const turn = earlier ?? new Turn(answer.question, this);
    if (!earlier) {
      this.turns.push(turn);
      this.thread.append(turn.el);
    }
    turn.versions.push(answer);
    turn.show(turn.versions.length - 1);
  }
}

function nameKeys() {
  if (!/Mac|iPhone|iPad/.test(navigator.platform)) return;
  for (const key of document.querySelectorAll("kbd")) key.textContent = key.textContent.replace("Ctrl", "⌘");
}

const filled = (request) => Object.fromEntries(Object.entries(request).filter(([, v]) => v !== "" && v !== undefined && v !== null));

const tryAgain = (again) => h("button", { type: "button", class: "button small", on: { click: again } }, "Try again");

const stoppedNotice = (again) => h("div", { class: "notice warn", role: "status" },
  h("p", {}, h("strong", {}, "Stopped."), " What you see is not the whole answer."), tryAgain(again));

function brokenNotice(err, again) {
  const { title, text, link } = err.status === 0 && navigator.onLine !== false
    ? { title: "The connection broke before the answer was complete.", text: "Use only what you can check, or try again." } : explain(err);
  return h("div", { class: "notice bad", role: "alert" }, h("p", {}, h("strong", {}, title), " ", text),
    link ? h("a", { class: "button small", href: link.href }, link.text) : tryAgain(again));
}

const stoppedFailure = () => new api.Failure(499, { title: "Stopped" });

startTheme();
nameKeys();
startCopyButtons();
new Desk().start();
