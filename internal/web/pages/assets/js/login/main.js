// The sign-in page.

import { byId, h } from "../lib/dom.js";
import { signIn } from "../lib/api.js";
import { failureNotice } from "../lib/failures.js";

// Only a path of this service: never another site.
function next() {
  const to = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  return to.origin === location.origin && to.pathname !== "/login" ? to.pathname + to.search : "/";
}

const refused = () => h("div", { class: "notice bad", role: "alert" },
  h("p", {}, h("strong", {}, "This key is not known."), " Check that you copied all of it, or ask an administrator for a new one."));

byId("login")?.addEventListener("submit", async (e) => {
  e.preventDefault();
  const field = byId("key");
  const key = field.value.trim();
  if (!key) { field.focus(); return; }
  try {
    await signIn(key);
    location.assign(next());
  } catch (err) {
    byId("alert").replaceChildren(err.status === 401 ? refused() : failureNotice(err));
    field.focus();
    field.select();
  }
});
byId("key")?.focus();
