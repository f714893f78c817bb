"""nDCG@10 of the table alone on folders of corpus.jsonl, queries.jsonl, qrels.tsv.

    python3 evaluate.py --work DIR [--table FOLDER] [--queries N] FOLDER...

"plain" is the cosine of whole documents, "scored" what ranking uses: pieces
weighed by the corpus, half the cosine of the whole, half that of the best sentence.
"""

import argparse
import csv
import json
import pathlib
import random
import re

import numpy as np
import scipy.sparse

import table
import teacher


def sentences(title: str, text: str) -> list[str]:
    parts = re.split(r"(?<=[.!?])\s+|\n+", text)
    return [s for s in [title, *parts] if s.strip()] or [""]


def judged(folder: pathlib.Path, most: int) -> tuple[list[str], list[dict[str, float]]]:
    gains: dict[str, dict[str, float]] = {}
    for row in list(csv.reader((folder / "qrels.tsv").open(), delimiter="\t"))[1:]:
        if float(row[2]) > 0:
            gains.setdefault(row[0], {})[row[1]] = float(row[2])
    queries = [q for q in map(json.loads, (folder / "queries.jsonl").open()) if q["_id"] in gains]
    if len(queries) > most:
        queries = random.Random(7).sample(queries, most)
    return [q["text"] for q in queries], [gains[q["_id"]] for q in queries]


def ndcg(scores: np.ndarray, names: list[str], gains: list[dict[str, float]]) -> float:
    out = []
    for row, gain in zip(scores, gains):
        top = sorted(np.argpartition(-row, min(10, len(row) - 1))[:10], key=lambda i: (-row[i], i))
        got = sum(gain.get(names[i], 0) / np.log2(k + 2) for k, i in enumerate(top))
        best = sum(g / np.log2(k + 2) for k, g in enumerate(sorted(gain.values(), reverse=True)[:10]))
        out.append(got / best)
    return float(np.mean(out))


def matrix(ids: list[list[int]], size: int) -> scipy.sparse.csr_matrix:
    ends = np.cumsum([0] + [len(i) for i in ids])
    flat = np.concatenate([np.array(i, np.int64) for i in ids])
    return scipy.sparse.csr_matrix((np.ones(ends[-1], np.float32), flat, ends), (len(ids), size))


def vectors(m: scipy.sparse.csr_matrix, rows: np.ndarray) -> np.ndarray:
    v = np.asarray(m @ rows)
    return v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-9)


def measure(folder: pathlib.Path, where: pathlib.Path, tok, most: int) -> dict:
    rows = table.rows(where).astype(np.float32)
    docs = [json.loads(line) for line in (folder / "corpus.jsonl").open()]
    names = [d["_id"] for d in docs]
    asked, gains = judged(folder, most)
    ids = lambda texts: [e.ids for e in tok.encode_batch(texts)]
    whole = matrix(ids([f"{d['title']}. {d['text']}" for d in docs]), len(rows))
    query = matrix(ids(asked), len(rows))
    plain = ndcg(vectors(query, rows) @ vectors(whole, rows).T, names, gains)
    df = np.asarray((whole > 0).sum(0)).ravel()
    weighed = table.rows(where, table.idf(df, len(docs))).astype(np.float32)
    split = [sentences(d["title"], d["text"]) for d in docs]
    starts = np.cumsum([0] + [len(s) for s in split])[:-1]
    q = vectors(query, weighed)
    best = np.maximum.reduceat(q @ vectors(matrix(ids([s for d in split for s in d]), len(rows)), weighed).T, starts, axis=1)
    chunk = q @ vectors(whole, weighed).T
    scored = ndcg(0.5 * chunk + 0.5 * best, names, gains)
    return {"queries": len(asked), "plain": round(plain, 4), "weighed": round(ndcg(chunk, names, gains), 4), "scored": round(scored, 4)}


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--work", type=pathlib.Path, required=True, help="folder of encode.py, which holds the teacher's vocabulary")
    args.add_argument("--table", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "retrieval/embed/static")
    args.add_argument("--queries", type=int, default=10**6, help="most queries of a set, chosen at random with a fixed seed")
    args.add_argument("folders", type=pathlib.Path, nargs="+")
    opt = args.parse_args()
    tok = teacher.tokenizer(opt.work / "teacher")
    sums = []
    for folder in opt.folders:
        got = measure(folder, opt.table, tok, opt.queries)
        sums.append([got["plain"], got["weighed"], got["scored"]])
        print(f"{folder.name:26} {got}", flush=True)
    print(f"{'mean':26} plain {np.mean(sums, 0)[0]:.4f} weighed {np.mean(sums, 0)[1]:.4f} scored {np.mean(sums, 0)[2]:.4f}")


if __name__ == "__main__":
    main()
