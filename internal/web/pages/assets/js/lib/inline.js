// The inside of a paragraph: bold, emphasis, code, links, [n] markers and marks.

import { h } from "./dom.js";

// Text longer than this is shown as it is: nobody emphasises inside it.
const longest = 20000;

/** inline appends a run to el. opt.plain takes nothing as markup. */
export function inline(context, run, el, opt = {}) {
  if (opt.plain || run.text.length > longest) emit(context, run, 0, run.text.length, el);
  else spans(context, run, 0, run.text.length, el);
}

const special = /[\\`*_![<]/g;

function spans(context, run, from, to, el) {
  let shown = from;
  for (let i = from; i < to;) {
    special.lastIndex = i;
    const next = special.exec(run.text);
    if (!next || next.index >= to) break;
    i = next.index;
    const found = match(context, run, i, to);
    if (!found) { i++; continue; }
    emit(context, run, shown, i, el);
    if (found.node) el.append(found.node);
    if (found.inner) {
      if (found.plain) emit(context, run, ...found.inner, found.node ?? el);
      else spans(context, run, ...found.inner, found.node ?? el);
    }
    i = shown = found.end;
  }
  emit(context, run, shown, to, el);
}

// match is what begins at i: {end, node?, inner?, plain?}, or null for ordinary text.
function match(context, run, i, to) {
  switch (run.text[i]) {
    case "\\": return escape(run.text, i, to);
    case "`": return code(run.text, i, to);
    case "*":
    case "_": return strong(run.text, i, to) ?? emphasis(run.text, i, to);
    case "!": return run.text[i + 1] === "[" ? link(run.text, i + 1, to, true) : null;
    case "[": return marker(context, run, i, to) ?? link(run.text, i, to, false);
    case "<": return auto(run.text, i, to);
    default: return null;
  }
}

function escape(text, i, to) {
  return i + 1 < to && /[!-/:-@[-`{-~]/.test(text[i + 1]) ? { inner: [i + 1, i + 2], plain: true, end: i + 2 } : null;
}

function code(text, i, to) {
  const ticks = /^`+/.exec(text.slice(i, Math.min(to, i + 8)))[0];
  const end = text.indexOf(ticks, i + ticks.length);
  if (end < 0 || end + ticks.length > to || end === i + ticks.length) return null;
  return { node: h("code"), inner: [i + ticks.length, end], plain: true, end: end + ticks.length };
}

function strong(text, i, to) {
  const mark = text.slice(i, i + 2);
  if (mark !== "**" && mark !== "__") return null;
  const end = closing(text, mark, i + 2, to);
  return end < 0 ? null : { node: h("strong"), inner: [i + 2, end], end: end + 2 };
}

const letter = /[\p{L}\p{N}]/u;

function emphasis(text, i, to) {
  const mark = text[i];
  if (mark === "_" && i > 0 && letter.test(text[i - 1])) return null;
  const end = closing(text, mark, i + 1, to);
  if (end < 0 || text[end + 1] === mark || (mark === "_" && letter.test(text[end + 1] ?? ""))) return null;
  return { node: h("em"), inner: [i + 1, end], end: end + 1 };
}

function closing(text, mark, from, to) {
  if (from >= to || /\s/.test(text[from])) return -1;
  const end = text.indexOf(mark, from);
  return end <= from || end + mark.length > to || /\s/.test(text[end - 1]) ? -1 : end;
}

function marker(context, run, i, to) {
  const found = /^\[(\d{1,3})\]/.exec(run.text.slice(i, Math.min(to, i + 5)));
  const node = found && context.marker(Number(found[1]), run.at[i]);
  return node ? { node, end: i + found[0].length } : null;
}

// A link is followed only where it leads to the web; otherwise its text remains.
function link(text, i, to, image) {
  const close = text.indexOf("](", i);
  if (close < 0 || close >= to) return null;
  const end = text.indexOf(")", close);
  if (end < 0 || end >= to || text.slice(i + 1, close).includes("[")) return null;
  const inner = [i + 1, close];
  const href = web(text.slice(close + 2, end).trim().split(/\s/)[0]);
  return { node: href && !image ? anchor(href) : null, inner, end: end + 1 };
}

function auto(text, i, to) {
  const end = text.indexOf(">", i);
  const href = end > 0 && end < to ? web(text.slice(i + 1, end)) : null;
  return href ? { node: anchor(href), inner: [i + 1, end], plain: true, end: end + 1 } : null;
}

const anchor = (href) => h("a", { href, target: "_blank", rel: "noopener noreferrer" });

/** web is the address if it is one of the web, else null. */
export function web(address) {
  return /^https?:\/\/[^\s<>"]+$/i.test(address) && URL.canParse(address) ? address : null;
}

// emit appends run.text[from:to), with the marked parts in <mark>.
function emit(context, run, from, to, el) {
  for (let i = from; i < to;) {
    const mark = markAt(context.marks, run.at[i]);
    let j = i + 1;
    while (j < to && markAt(context.marks, run.at[j]) === mark) j++;
    const text = run.text.slice(i, j);
    el.append(mark ? h("mark", { class: mark.class ?? null }, text) : text);
    i = j;
  }
}

const markAt = (marks, at) => marks.find((m) => m.start <= at && at < m.end);
