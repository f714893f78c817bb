// What was rendered, as plain text for a mail or a ticket.

const block = new Set(["P", "PRE", "UL", "OL", "BLOCKQUOTE", "TABLE", "HR"]);

/** plainText is the text of rendered nodes; markers(n) says which [n] of sources stay. */
export function plainText(root, { markers = () => false } = {}) {
  const parts = [];
  blocksOf(root, parts, markers);
  return parts.join("\n\n").replace(/[ \t]+\n/g, "\n").trim();
}

function blocksOf(root, parts, markers) {
  let loose = "";
  const flush = () => {
    if (loose.trim()) parts.push(tidy(loose));
    loose = "";
  };
  for (const node of root.childNodes) {
    if (!block.has(node.tagName)) { loose += text(node, markers); continue; }
    flush();
    parts.push(blockText(node, markers));
  }
  flush();
}

function blockText(node, markers) {
  switch (node.tagName) {
    case "UL":
    case "OL": return listText(node, markers);
    case "PRE": return node.textContent;
    case "TABLE": return [...node.querySelectorAll("tr")].map((r) => [...r.children].map((c) => tidy(text(c, markers))).join("\t")).join("\n");
    default: return tidy(text(node, markers));
  }
}

function listText(list, markers) {
  let n = Number(list.getAttribute("start") ?? 1);
  return [...list.children].map((li) => {
    const inner = [];
    blocksOf(li, inner, markers);
    const bullet = list.tagName === "OL" ? `${n++}. ` : "- ";
    return bullet + inner.join("\n").replaceAll("\n", `\n${" ".repeat(bullet.length)}`);
  }).join("\n");
}

function text(node, markers) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.classList?.contains("cite")) return markers(Number(node.dataset.n)) ? ` [${node.dataset.n}]` : "";
  if (node.tagName === "BR") return "\n";
  return [...node.childNodes].map((c) => text(c, markers)).join("");
}

// Where a marker was left out, the space before it goes too.
const tidy = (s) => s.replace(/[ \t]+/g, " ").replace(/ +([.,;:!?])(?=\s|$)/g, "$1").replace(/ ?\n ?/g, "\n").trim();
