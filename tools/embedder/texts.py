"""Cuts the sources into short passages, some with a question or heading that asks for them."""

import gzip
import html.parser
import pathlib
import random
import re

import everyday
import sources

LEAST, AIM, MOST = 80, 260, 420  # characters of a passage
SKIPPED = {"script", "style", "pre", "nav", "footer", "header", "form", "table", "head", "code-block"}
BREAKS = {"p", "li", "dt", "dd", "div", "section", "blockquote", "td", "br", "h1", "h2", "h3", "h4", "h5", "h6"}


class Blocks(html.parser.HTMLParser):
    """Reads (kind, text) blocks, kind "h" or "p", leaving out what is no prose."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.blocks, self.words, self.deep, self.kind = [], [], 0, "p"

    def flush(self):
        text = " ".join("".join(self.words).replace("¶", " ").split())
        if text:
            self.blocks.append((self.kind, text))
        self.words = []

    def handle_starttag(self, tag, attrs):
        if tag in SKIPPED:
            self.flush()
            self.deep += 1
        elif tag in BREAKS:
            self.flush()
            self.kind = "h" if re.fullmatch("h[1-6]|dt", tag) else "p"

    def handle_endtag(self, tag):
        if tag in SKIPPED:
            self.deep = max(0, self.deep - 1)
        elif tag in BREAKS:
            self.flush()
            self.kind = "p"

    def handle_data(self, data):
        if not self.deep:
            self.words.append(data)


def read(path: pathlib.Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace")


def html_blocks(text: str) -> list[tuple[str, str]]:
    parser = Blocks()
    parser.feed(text)
    parser.flush()
    return parser.blocks


def plain_blocks(text: str) -> list[tuple[str, str]]:
    """Markdown and plain text: # headings, lines that shout, paragraphs; code goes."""
    out = []
    text = re.sub(r"(?s)```.*?```|<!--.*?-->|^---\n.*?\n---\n", "\n\n", text)
    for part in re.split(r"\n\s*\n", text):
        if re.match(r"(    |\t)", part) and not re.search(r"[.?!]\s*$", part):
            continue
        line = " ".join(part.split())
        head = re.match(r"#+ (.*)", line) or re.match(r"([A-Z][A-Z ,'-]{6,60}|[^.]{10,90}\?)$", line)
        out.append(("h", head[1]) if head else ("p", re.sub(r"\[([^]]*)\]\([^)]*\)|[*_`|]", r"\1", line)))
    return out


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z\"'(])", text)


def prose(text: str) -> bool:
    letters = sum(c.isalpha() or c == " " for c in text)
    return len(text) >= LEAST and letters > 0.88 * len(text) and len(text.split()) >= 10


def cut(blocks: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(heading, passage) of a document."""
    out, heading, held = [], "", ""

    def emit():
        nonlocal held
        if prose(held):
            out.append((heading, held))
        held = ""

    for kind, text in blocks:
        if kind == "h":
            emit()
            heading = re.sub(r"^[\d.]+\s+|[#¶]+\s*$", "", text).strip()
            continue
        for sentence in sentences(text):
            if held and len(held) + len(sentence) > MOST:
                emit()
            held = f"{held} {sentence}".strip()[:MOST]
            if len(held) >= AIM:
                emit()
    emit()
    return out


def asks(heading: str) -> bool:
    words = re.findall(r"[A-Za-z]{2,}", heading)
    return 3 <= len(words) <= 16 and len(heading) < 110 and "(" not in heading and "_" not in heading


def documents(folder: pathlib.Path, source: sources.Source, rng: random.Random) -> list[tuple[str, str]]:
    """(query or "", passage) of a package of documentation."""
    out, seen = [], set()
    paths = sorted(p for p in (folder / source.package).glob(source.glob) if p.is_file() and not any(s in str(p) for s in source.skip))
    rng.shuffle(paths)
    for path in paths:
        if len(out) > 2 * source.most:  # enough to choose from
            break
        text = read(path)
        blocks = html_blocks(text) if ".html" in path.name else plain_blocks(text)
        for heading, passage in cut(blocks):
            if passage in seen:
                continue
            seen.add(passage)
            out.append((heading, passage))
    rng.shuffle(out)
    return [ask(heading, passage, rng) for heading, passage in out[: source.most]]


def ask(heading: str, passage: str, rng: random.Random) -> tuple[str, str]:
    """Chooses what asks for a passage: its heading, a sentence taken out of it, or nothing.
    The heading that is no query may stand before the passage, as chunks have it."""
    roll = rng.random()
    parts = sentences(passage)
    if asks(heading) and (heading.endswith("?") or roll < 0.4):
        return heading, passage
    if roll < 0.6 and len(parts) > 2:
        taken = parts.pop(rng.randrange(len(parts)))
        if len(taken.split()) > 4 and prose(" ".join(parts)):
            return taken[:160], " ".join(parts)
    if heading and roll < 0.85 and len(heading) < 80:
        return "", f"{heading}. {passage}"
    return "", passage


def wordnet(folder: pathlib.Path, source: sources.Source, rng: random.Random) -> list[tuple[str, str]]:
    """Synsets whose words people use (they occur in WordNet's tagged texts) before the rest."""
    base = next((folder / source.package).glob("**/data.noun")).parent
    tagged = set()
    for name in ("noun", "verb", "adj", "adv"):
        for line in (base / f"index.{name}").read_text().splitlines():
            if not line.startswith("  "):
                f = line.split()  # lemma pos senses pointers [pointer ...] senses tagged offset ..., tagged ones first
                known = int(f[5 + int(f[3])])
                tagged |= {(name, offset) for offset in f[6 + int(f[3]) :][:known]}
    common, rare = [], []
    for name in ("noun", "verb", "adj", "adv"):
        for line in (base / f"data.{name}").read_text("latin-1").splitlines():
            if line.startswith("  "):
                continue
            fields, _, gloss = line.partition(" | ")
            f = fields.split()
            words = [re.sub(r"\(\w+\)$", "", f[4 + 2 * i]).replace("_", " ") for i in range(int(f[3], 16))]
            meaning, _, examples = gloss.strip().partition('; "')
            passage = f"{', '.join(words[:5])}: {gloss.strip()}"[:MOST]
            query = words[0] if not examples else examples.split('"')[0]
            (common if (name, f[0]) in tagged else rare).append((query if rng.random() < 0.35 else "", passage, words, meaning))
    rng.shuffle(common)
    rng.shuffle(rare)
    out = []
    for query, passage, words, meaning in (common + rare)[: source.most]:
        if query:  # what asks must not stand in the passage word for word
            passage = f"{', '.join(words[:5])}: {meaning}" if query != words[0] else meaning
        out.append((query, passage))
    return out


def dialogue(folder: pathlib.Path, source: sources.Source, rng: random.Random) -> list[tuple[str, str]]:
    out = []
    for path in sorted((folder / source.package).glob(source.glob)):
        for question, answer in re.findall(r"(?m)^- - (.+)\n  - (.+)$", path.read_text()):
            out.append((question.strip("'\" ")[:200], answer.strip("'\" ")[:MOST]))
    rng.shuffle(out)
    return out[: source.most]


def build(folder: pathlib.Path, seed: int) -> list[dict]:
    """All training texts, in an order that the seed fixes: {"q": query or "", "p": passage or "", "s": source}."""
    rng = random.Random(seed)
    rows = []
    for s in sources.DEBIAN + sources.PYPI:
        how = wordnet if s.package == "wordnet-base" else dialogue if s in sources.PYPI else documents
        rows += [{"q": q, "p": p, "s": s.package} for q, p in how(folder, s, rng)]
    rows += [{"q": q, "p": p, "s": "everyday.py"} for q, p in everyday.pairs(rng, 3000)]
    rng.shuffle(rows)
    return rows
