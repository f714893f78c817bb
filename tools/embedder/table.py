"""The file format of the table, and the embedding as Go does it.

table.bin: a factor a piece as uint16, little endian, then the rows as int8.
What a piece means is its row times its factor, in whole numbers.
"""

import json
import pathlib
import random

import numpy as np

import record
import teacher

DIM, MOST = 256, 2**15 - 1


def write(folder: pathlib.Path, rows: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scale = np.maximum(np.abs(rows).max(1), 1e-12) / 127
    codes = np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8)
    factor = np.rint(scale / scale.max() * MOST).astype("<u2")  # only proportions count
    (folder / "table.bin").write_bytes(factor.tobytes() + codes.tobytes())


def read(folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """Factors and rows."""
    data = (folder / "table.bin").read_bytes()
    n = len(data) // (DIM + 2)
    return np.frombuffer(data, "<u2", n), np.frombuffer(data, np.int8, n * DIM, 2 * n).reshape(n, DIM)


def rows(folder: pathlib.Path, weight: np.ndarray | None = None) -> np.ndarray:
    """What pieces mean, weighed."""
    factor, codes = read(folder)
    factor = factor.astype(np.float64)
    if weight is not None:
        factor = np.rint(weight.astype(np.float64) * factor)
    return codes * factor[:, None]


def idf(df: np.ndarray, n: int) -> np.ndarray:
    """Square root of the IDF in an index, relative to that of a piece it lacks."""
    return np.sqrt(np.maximum(0, np.log((n + 1) / (df + 0.5)) / np.log((n + 1) / 0.5))).astype(np.float32)


def embed(meaning: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The vector of a text; one that says nothing has the first axis."""
    v = meaning[ids].sum(0)
    norm = np.linalg.norm(v)
    return v / norm if norm > 0 else np.eye(1, DIM)[0]


def similarities(meaning: np.ndarray, query: np.ndarray, sentences: list[np.ndarray]) -> tuple[float, float]:
    """Cosines of a query with a passage: of the whole, and the best of a sentence."""
    q = embed(meaning, query)
    whole = embed(meaning, np.concatenate(sentences))
    return float(q @ whole), max(float(q @ embed(meaning, s)) for s in sentences)


def record_texts() -> list[str]:
    texts = record.OURS.strip("\n").split("\n")
    return texts[::2] + ["", " ", "\u0301", "refund " * 300]


def record_pairs(rng: random.Random) -> list[tuple[str, list[str]]]:
    lines = [t for t in record.OURS.strip("\n").split("\n") if t.isascii()]
    return [(rng.choice(lines), rng.sample(lines, rng.randrange(1, 9))) for _ in range(20)]


def made_up_weight(size: int) -> np.ndarray:
    """Weights that a test can make again: between 0.25 and 1."""
    return (0.25 + 0.75 * ((np.arange(size) * 7919) % 1000) / 999).astype(np.float32)


def write_lines(path: pathlib.Path, lines: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def record_vectors(folder: pathlib.Path, tokens: pathlib.Path) -> None:
    tok = teacher.tokenizer(tokens)
    plain, weighed = rows(folder), rows(folder, made_up_weight(tok.get_vocab_size()))
    ids = lambda s: np.array(tok.encode(s).ids, np.int64)
    out = [{"text": t, "vector": [round(float(x), 7) for x in embed(plain, ids(t))]} for t in record_texts()]
    write_lines(folder / "testdata/vectors.jsonl", out)
    out = []
    for query, sentences in record_pairs(random.Random(7)):
        parts = [ids(s) for s in sentences]
        row = {"query": query, "sentences": sentences}
        for name, meaning in (("plain", plain), ("weighed", weighed)):
            row[name] = [round(x, 7) for x in similarities(meaning, ids(query), parts)]
        out.append(row)
    write_lines(folder / "testdata/similarities.jsonl", out)
