// What went wrong, in a sentence with a next step.

import { h } from "./dom.js";
import { Failure } from "./api.js";

const signIn = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;

const seconds = (n) => (n === 1 ? "1 second" : `${n} seconds`);

/** explain is {title, text, link, retry}: retry says whether asking again as it is may help. */
export function explain(err) {
  if (!(err instanceof Failure)) return { title: "Something went wrong on this page.", text: "Reload it; what you typed is kept.", retry: false };
  const said = err.message;
  switch (err.status) {
    case 0:
      return navigator.onLine === false
        ? { title: "You are offline.", text: "Connect to the network, then try again.", retry: true }
        : { title: "Askdesk did not answer.", text: "Check that it is running and that you can reach it, then try again.", retry: true };
    case 401:
      return { title: "Your session has ended.", text: "Sign in again; what you typed is kept.", link: { text: "Sign in", href: signIn() } };
    case 403:
      return { title: "Your key does not allow this.", text: said || "Ask an administrator for a key that does." };
    case 404:
      return { title: "Not found.", text: said || "It may have been deleted. Reload the page." };
    case 413:
      return { title: "This is too large.", text: said || "Make it smaller, then try again." };
    case 415:
      return { title: "Askdesk cannot read this kind of file.", text: said };
    case 400:
    case 422:
      return { title: "Askdesk cannot take this as it is.", text: fields(err) || said || "Change it, then try again." };
    case 429: {
      const wait = err.retryAfter ? `Wait ${seconds(err.retryAfter)}, then try again.` : "Wait a little, then try again.";
      return { title: "Too many questions at once.", text: wait, retry: true, wait: err.retryAfter };
    }
    case 503:
      return { title: "Askdesk is not ready.", text: said || "Wait a moment, then try again.", retry: true };
    case 504:
      return { title: "That took too long.", text: said || "Try again, or ask a shorter question.", retry: true };
    default:
      return { title: "Something went wrong inside Askdesk.", text: `Try again. If it happens again, tell your administrator${err.requestID ? ` this number: ${err.requestID}` : ""}.`, retry: true };
  }
}

const fields = (err) => err.fields.map((f) => `${f.location.replace(/^body\./, "")}: ${f.message}`).join("; ");

/** failureNotice shows a failure; retry, if given, is offered where it may help. */
export function failureNotice(err, retry) {
  const { title, text, link, retry: helps, wait } = explain(err);
  const button = retry && helps ? h("button", { type: "button", class: "button small", on: { click: retry } }, "Try again") : null;
  if (button && wait) countDown(button, wait);
  return h("div", { class: "notice bad", role: "alert" },
    h("p", {}, h("strong", {}, title), " ", text),
    link ? h("a", { class: "button small", href: link.href }, link.text) : null,
    button);
}

function countDown(button, wait) {
  const until = Date.now() + wait * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
