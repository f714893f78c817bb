// Light Markdown to nodes. Every character shown keeps its offset in the source,
// so that a quote can be marked where it stands. Raw HTML is text like any other.

import { h } from "./dom.js";
import { inline } from "./inline.js";

const fence = /^(`{3,}|~{3,})/;
const heading = /^(#{1,6})[ \t]+/;
const item = /^(?:([-*+])|(\d{1,9})[.)])(?:[ \t]+|$)/;
const rule = /^(?:-[ \t]*){3,}$|^(?:\*[ \t]*){3,}$|^(?:_[ \t]*){3,}$/;
const tableRule = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/;

/**
 * render makes a fragment of source. opt.marks are {start, end, class} in UTF-16
 * units of source; opt.marker(n, offset) makes the node for [n], or null where it
 * is ordinary text; opt.breaks keeps the ends of short lines, as in a mail.
 */
export function render(source, opt = {}) {
  const context = { source, marks: opt.marks ?? [], marker: opt.marker ?? (() => null), breaks: opt.breaks ?? false };
  const out = document.createDocumentFragment();
  blocks(context, split(source), out);
  return out;
}

// A line is a span of the source without its indent, which is kept as a number.
function split(source) {
  const lines = [];
  for (let at = 0; at <= source.length;) {
    let end = source.indexOf("\n", at);
    if (end < 0) end = source.length;
    lines.push(line(source, at, source[end - 1] === "\r" && end > at ? end - 1 : end, 0));
    at = end + 1;
  }
  return lines;
}

function line(source, start, end, indent) {
  while (start < end && (source[start] === " " || source[start] === "\t")) {
    indent += source[start] === "\t" ? 4 : 1;
    start++;
  }
  return { start, end, indent, text: source.slice(start, end).trimEnd() };
}

function blocks(context, lines, out) {
  for (let i = 0; i < lines.length;) {
    const { text } = lines[i];
    if (text === "") i++;
    else if (fence.test(text)) i = code(context, lines, i, out);
    else if (heading.test(text)) i = title(context, lines, i, out);
    else if (rule.test(text)) { out.append(h("hr")); i++; }
    else if (text.startsWith(">")) i = quote(context, lines, i, out);
    else if (item.test(text)) i = list(context, lines, i, out);
    else if (isTable(lines, i)) i = table(context, lines, i, out);
    else i = paragraph(context, lines, i, out);
  }
}

const starts = (lines, i) => {
  const { text } = lines[i];
  return text === "" || fence.test(text) || heading.test(text) || text.startsWith(">") || item.test(text) || isTable(lines, i);
};

const isTable = (lines, i) =>
  lines[i].text.includes("|") && i + 1 < lines.length && lines[i + 1].text.includes("-") && tableRule.test(lines[i + 1].text);

// A run is text with the offset of each of its characters in the source.
function run(context, spans, glue) {
  let text = "";
  const at = [];
  spans.forEach(({ start, end }, n) => {
    if (n > 0) { text += glue; at.push(start - 1); }
    text += context.source.slice(start, end);
    for (let i = start; i < end; i++) at.push(i);
  });
  return { text, at };
}

const trimmed = ({ start, text }) => ({ start, end: start + text.length });

function code(context, lines, i, out) {
  const open = fence.exec(lines[i].text)[1];
  const base = lines[i].indent;
  const body = [];
  for (i++; i < lines.length && !lines[i].text.startsWith(open); i++) {
    const { start, end, indent } = lines[i];
    body.push({ start: start - Math.max(0, indent - base), end });
  }
  const el = h("code");
  inline(context, run(context, body, "\n"), el, { plain: true });
  out.append(h("pre", { tabindex: 0 }, el));
  return i + 1;
}

function title(context, lines, i, out) {
  const span = trimmed(lines[i]);
  span.start += heading.exec(lines[i].text)[0].length;
  const el = h("p", { class: "heading" });
  inline(context, run(context, [span], " "), el);
  out.append(el);
  return i + 1;
}

function quote(context, lines, i, out) {
  const inner = [];
  for (; i < lines.length && lines[i].text.startsWith(">"); i++) inner.push(line(context.source, lines[i].start + 1, lines[i].end, 0));
  const el = h("blockquote");
  blocks(context, inner, el);
  out.append(el);
  return i;
}

function list(context, lines, i, out) {
  const first = item.exec(lines[i].text);
  const ordered = first[2] !== undefined;
  const el = ordered ? h("ol", { start: first[2] === "1" ? null : first[2] }) : h("ul");
  const base = lines[i].indent;
  while (i < lines.length) {
    const next = item.exec(lines[i].text);
    if (!next || (next[2] !== undefined) !== ordered || lines[i].indent < base) break;
    const inner = [line(context.source, lines[i].start + next[0].length, lines[i].end, 0)];
    for (i++; i < lines.length && belongs(lines, i, base); i++) inner.push(lines[i]);
    const li = h("li");
    blocks(context, inner, li);
    unwrap(li);
    el.append(li);
    while (i < lines.length && lines[i].text === "" && i + 1 < lines.length && item.test(lines[i + 1].text)) i++;
  }
  out.append(el);
  return i;
}

// A line belongs to the item before it if it is indented deeper, or goes on with its paragraph.
function belongs(lines, i, base) {
  if (lines[i].text === "") return i + 1 < lines.length && lines[i + 1].text !== "" && lines[i + 1].indent > base;
  if (lines[i].indent > base) return true;
  return lines[i - 1].text !== "" && !starts(lines, i);
}

// An item's first paragraph needs no element of its own.
function unwrap(li) {
  if (li.firstElementChild?.tagName === "P" && !li.firstElementChild.className) li.firstElementChild.replaceWith(...li.firstElementChild.childNodes);
}

function table(context, lines, i, out) {
  const row = (l, tag) => {
    const tr = h("tr");
    for (const span of cells(context.source, trimmed(l))) {
      const el = h(tag);
      inline(context, run(context, [span], " "), el);
      tr.append(el);
    }
    return tr;
  };
  const head = h("thead", {}, row(lines[i], "th"));
  const body = h("tbody");
  for (i += 2; i < lines.length && lines[i].text.includes("|"); i++) body.append(row(lines[i], "td"));
  out.append(h("table", { tabindex: 0 }, head, body));
  return i;
}

function cells(source, { start, end }) {
  if (source[start] === "|") start++;
  if (source[end - 1] === "|" && source[end - 2] !== "\\") end--;
  const spans = [];
  for (let at = start; at <= end;) {
    let stop = at;
    while (stop < end && (source[stop] !== "|" || source[stop - 1] === "\\")) stop++;
    let from = at, to = stop;
    while (from < to && source[from] === " ") from++;
    while (to > from && source[to - 1] === " ") to--;
    spans.push({ start: from, end: to });
    at = stop + 1;
  }
  return spans;
}

// Shorter lines than this end where their writer wanted them to.
const short = 60;

function paragraph(context, lines, i, out) {
  const groups = [[]];
  const from = i;
  for (; i < lines.length && (i === from || !starts(lines, i)); i++) {
    groups.at(-1).push(trimmed(lines[i]));
    if (context.breaks && lines[i].text.length < short) groups.push([]);
  }
  const el = h("p");
  groups.filter((g) => g.length).forEach((spans, n) => {
    if (n > 0) el.append(h("br"));
    inline(context, run(context, spans, " "), el);
  });
  out.append(el);
  return i;
}
