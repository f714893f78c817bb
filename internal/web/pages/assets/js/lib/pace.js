// Looking again and again at something that changes.

import { explain } from "./failures.js";

const soon = 700, late = 15000; // ms between two looks, at first and after many failures

/** Pace says when to look next: soon, and later after each failure in a row. */
export class Pace {
  constructor() { this.good(); }

  good() { this.wait = soon; }

  /** bad notes a failed look, and reports whether another one may help. */
  bad(err) {
    this.wait = Math.max(Math.min(this.wait * 2, late), (err.retryAfter ?? 0) * 1000);
    return Boolean(explain(err).retry);
  }

  /** pause ends after the wait, or as soon as hurry is called. */
  pause() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.wait);
      this.hurry = () => { clearTimeout(timer); resolve(); };
    });
  }
}
