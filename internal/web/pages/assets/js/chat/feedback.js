// Thumbs up and down.

import { announce, h, icon } from "../lib/dom.js";
import { feedback } from "../lib/api.js";
import { failureNotice } from "../lib/failures.js";

const reasons = [
  ["wrong_source", "Wrong source"],
  ["outdated", "Outdated"],
  ["incomplete", "Incomplete"],
  ["wrong_tone", "Wrong tone"],
  ["invented", "Invented"],
];

/** feedbackFor makes the two thumbs, and the slot where a form and failures appear. */
export function feedbackFor(answer) {
  const slot = h("div", { class: "feedback-slot" });
  const up = thumb("up", "Good answer");
  const down = thumb("down", "Bad answer");
  const show = () => {
    up.setAttribute("aria-pressed", String(answer.feedback?.up === true));
    down.setAttribute("aria-pressed", String(answer.feedback?.up === false));
  };
  const send = async (body) => {
    try {
      await feedback(answer.id, body);
      answer.feedback = body;
      slot.replaceChildren();
      announce("Thank you. Your feedback is stored.");
    } catch (err) {
      slot.querySelector(".notice")?.remove();
      slot.append(failureNotice(err, () => send(body)));
    }
    show();
  };
  up.addEventListener("click", () => send({ up: true }));
  down.addEventListener("click", () => {
    const close = () => { slot.replaceChildren(); down.focus(); };
    if (slot.querySelector("form")) return close();
    const form = reasonForm(answer.feedback, async (body) => { await send(body); if (!slot.firstChild) down.focus(); }, close);
    slot.replaceChildren(form);
    form.scrollIntoView({ block: "nearest" });
    form.querySelector("input:checked, input").focus();
  });
  show();
  return { thumbs: [up, down], slot };
}

const thumb = (name, label) =>
  h("button", { type: "button", class: "button quiet small", "aria-label": label, title: label, "aria-pressed": "false", data: { thumb: name } }, icon(name));

function reasonForm(before, send, close) {
  const options = reasons.map(([value, text]) => h("label", {},
    h("input", { type: "radio", name: "reason", value, required: true, checked: before?.reason === value }), text));
  const note = h("textarea", { name: "note", rows: 2, maxlength: 2000, placeholder: "Optional", "aria-label": "What would have been right?" });
  note.value = before?.note ?? "";
  const form = h("form", { class: "feedback", "aria-label": "What is wrong with this answer" },
    h("fieldset", { class: "choice" }, h("legend", {}, "What is wrong?"), ...options),
    h("label", {}, "What would have been right?", note),
    h("div", { class: "feedback-row" },
      h("button", { type: "button", class: "button quiet small", on: { click: close } }, "Cancel"),
      h("button", { type: "submit", class: "button primary small" }, "Send")));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const data = new FormData(form);
    const body = { up: false, reason: data.get("reason") };
    if (data.get("note").trim()) body.note = data.get("note").trim();
    send(body);
  });
  form.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { e.stopPropagation(); close(); }
  });
  return form;
}
