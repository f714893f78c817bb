// Signing out, on every page that shows who is signed in.

import { byId } from "./dom.js";
import { signOut } from "./api.js";

export function startSession() {
  byId("sign-out")?.addEventListener("click", async () => {
    try {
      await signOut();
    } catch { /* a session that is already over is signed out */ }
    location.assign("/login");
  });
}
