// Figures as words. A source is strong from the evidence on by which an answer is
// sent, and weak below that by which it is handed off: by default it answers as
// likely as not, or in one of four cases.

export function strength(relevance) {
  if (relevance >= 0.48) return { level: 3, name: "strong", text: "Strong source" };
  if (relevance >= 0.23) return { level: 2, name: "partly", text: "Partly relevant" };
  return { level: 1, name: "weak", text: "Weak source" };
}

// A green answer is wrong in about one of four cases, and its quotes tell which.
const bands = {
  answer: { text: "Supported by your documents", tone: "good", hint: "Read what it quotes before you send it." },
  caveat: { text: "Check the sources first", tone: "warn" },
  clarify: { text: "Ask the customer back", tone: "info" },
  handoff: { text: "Not in the documents", tone: "stop" },
};

export const band = (name) => bands[name] ?? { text: name, tone: "info" };

/** named makes a value of a style readable: "step_by_step" is "Step by step". */
export function named(value) {
  const text = value.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
export const day = (iso) => dayFormat.format(new Date(iso));

const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dateFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** when is a moment as short as it can be: the time today, else the day. */
export function when(iso, now = new Date()) {
  const t = new Date(iso);
  return t.toDateString() === now.toDateString() ? timeFormat.format(t) : dateFormat.format(t);
}

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** place is where in a document: headings (without a repeated title) and page. */
export function place({ title, heading, page }) {
  const path = heading.filter((part, i) => !(i === 0 && part === title));
  return [path.join(" › "), page ? `Page ${page}` : ""].filter(Boolean).join(" · ");
}
