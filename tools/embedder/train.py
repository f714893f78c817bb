"""Makes the table of the built-in embedder.

    python3 train.py --work DIR [--out ../../retrieval/embed/static] [--texts N] [--threads N]

Fetches texts and teacher, has the teacher read the texts, fits the table and
writes it, the recording for the Go tests and figures.json. See README.md.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # more make the small products here slower

import argparse
import json
import pathlib
import time

import numpy as np
import scipy.sparse

import encode
import table
import teacher

DIM, RIDGE, SIF, EPOCHS, RATE, BATCH = 256, 3.0, 1e-3, 5, 3e-3, 512
TEMPERATURE = 0.02  # of the teacher's similarities
REGRESSION = 0.3  # share of the cosine to the teacher's vector in the loss
HELD = 0.03  # share of the rows that only judge


class Data:
    """Rows with their pieces and the teacher's vectors; -1 stands for no text."""

    def __init__(self, work: pathlib.Path):
        tok = teacher.tokenizer(work / "teacher")
        self.size = tok.get_vocab_size()
        rows = [json.loads(line) for line in (work / "rows.jsonl").open()]
        texts, vectors, self.query, self.passage, self.source = [], [], [], [], []
        for file in sorted(work.glob("vectors-??????.npy")):
            vectors.append(np.load(file).astype(np.float32))
            for r in rows[int(file.stem[8:]) :][: encode.BLOCK]:
                for part, where in (("q", self.query), ("p", self.passage)):
                    where.append(len(texts) if r[part] else -1)
                    texts += [r[part]] if r[part] else []
                self.source.append(r["s"])
        self.query, self.passage = np.array(self.query), np.array(self.passage)
        self.teacher = np.concatenate(vectors)
        assert len(self.teacher) == len(texts), "rows.jsonl is not what was encoded"
        self.counts = counts(teacher.ids(tok, texts), self.size)


def counts(ids: list[np.ndarray], size: int) -> scipy.sparse.csr_matrix:
    ends = np.cumsum([0] + [len(i) for i in ids])
    m = scipy.sparse.csr_matrix((np.ones(ends[-1], np.float32), np.concatenate(ids), ends), (len(ids), size))
    m.sum_duplicates()
    return m


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def closed_form(data: Data, pieces: np.ndarray, fit: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ridge regression from what the pieces mean alone to the teacher's vectors of
    the texts. Returns rows, logarithms of weights, and the targets of all texts."""
    mean = data.teacher[fit].mean(0)
    centred = data.teacher - mean
    _, axes = np.linalg.eigh(centred[fit].T @ centred[fit])
    target = centred @ axes[:, ::-1][:, :DIM]
    features = pieces.astype(np.float32)
    features = (features - features.mean(0)) / features.std(0)
    features = np.hstack([features, np.ones((len(features), 1), np.float32)])
    share = np.asarray(data.counts[fit].sum(0)).ravel()
    share /= share.sum()
    weight = (SIF / (SIF + share)).astype(np.float32)
    x = (data.counts[fit].multiply(weight)).tocsr()
    x = scipy.sparse.diags(1 / np.maximum(np.asarray(x.sum(1)).ravel(), 1e-9)) @ x @ features
    x = np.asarray(x, np.float32)
    normal = x.T @ x + RIDGE * np.eye(x.shape[1], dtype=np.float32)
    rows = features @ np.linalg.solve(normal, x.T @ target[fit])
    return rows.astype(np.float32), np.log(weight), unit(target)


class Student:
    """Rows, a weight a piece and a temperature, all learnt by Adam; only what a
    batch touches moves."""

    def __init__(self, rows: np.ndarray, weight: np.ndarray):
        self.params = [rows.copy(), weight.copy()[:, None], np.array([[np.log(0.04)]], np.float32)]
        self.moments = [(np.zeros_like(p), np.zeros_like(p), np.zeros(len(p), np.int32)) for p in self.params]

    def table(self) -> np.ndarray:
        return self.params[0] * np.exp(self.params[1])

    def step(self, which: int, at: np.ndarray, grad: np.ndarray, rate: float) -> None:
        first, second, n = self.moments[which]
        n[at] += 1
        first[at] = 0.9 * first[at] + 0.1 * grad
        second[at] = 0.999 * second[at] + 0.001 * grad * grad
        a, b = first[at] / (1 - 0.9 ** n[at])[:, None], second[at] / (1 - 0.999 ** n[at])[:, None]
        self.params[which][at] -= rate * a / (np.sqrt(b) + 1e-8)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def match(s_a, s_b, t_a, t_b, scale: float, same: bool):
    """Gradient of KL(teacher || student) of the similarities of a to b: by a, by b
    and by the scale, and the loss."""
    teach, learn = t_a @ t_b.T / TEMPERATURE, s_a @ s_b.T
    if same:  # a text is not asked for itself
        np.fill_diagonal(teach, -1e4)
    logits = learn * scale
    if same:
        np.fill_diagonal(logits, -1e4)
    want, have = softmax(teach), softmax(logits)
    loss = np.sum(want * (np.log(want + 1e-12) - np.log(have + 1e-12))) / len(s_a)
    d = (have - want) / len(s_a)
    return scale * d @ s_b, scale * d.T @ s_a, float(np.sum(d * learn)), loss


def batch_step(student: Student, data: Data, goal: np.ndarray, rows: np.ndarray, rate: float) -> float:
    q, p = data.query[rows], data.passage[rows]
    pair = (q >= 0) & (p >= 0)
    some = np.concatenate([p[p >= 0], q[q >= 0]])
    place = {t: i for i, t in enumerate(some)}
    x = data.counts[some]
    used = np.unique(x.indices)
    x = x[:, used]
    weight = np.exp(student.params[1][used])
    held = student.params[0][used]
    raw = np.asarray(x @ (held * weight))
    norm = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)
    s, t = raw / norm, data.teacher[some]
    scale = float(np.exp(-student.params[2][0, 0]))
    ps, qs = np.arange((p >= 0).sum()), np.arange((p >= 0).sum(), len(some))
    pair_q = np.array([place[i] for i in q[pair]])
    grad, by_scale, total = np.zeros_like(s), 0.0, 0.0
    for a, b, share, same in ((pair_q, ps, 1.0, False), (ps, ps, 0.5, True), (qs, qs, 1.0, True)):
        by_a, by_b, by_s, loss = match(s[a], s[b], t[a], t[b], scale, same)
        np.add.at(grad, a, share * by_a)
        np.add.at(grad, b, share * by_b)
        by_scale += share * by_s
        total += share * loss
    grad -= REGRESSION * goal[some] / len(some)
    total += REGRESSION * (1 - float(np.mean(np.sum(s * goal[some], 1))))
    grad = (grad - np.sum(grad * s, 1, keepdims=True) * s) / norm
    per_row = np.asarray(x.T @ grad)
    student.step(0, used, per_row * weight, rate)
    student.step(1, used, np.sum(per_row * held, 1, keepdims=True) * weight, rate)
    student.step(2, np.array([0]), np.array([[-by_scale * scale]], np.float32), rate)
    return total


def judge(data: Data, rows: np.ndarray, held: np.ndarray) -> dict:
    """How well held-out questions find their passage among all held-out passages."""
    q, p = data.query[held], data.passage[held]
    s = unit(np.asarray(data.counts @ rows)[: len(data.teacher)])
    found = {}
    pair = np.flatnonzero((q >= 0) & (p >= 0))
    pool = np.flatnonzero(p >= 0)
    for name, v in (("student", s), ("teacher", data.teacher)):
        sims = v[q[pair]] @ v[p[pool]].T
        own = np.array([sims[i, np.searchsorted(pool, at)] for i, at in enumerate(pair)])
        found[name] = round(float(np.mean(1 / (1 + (sims > own[:, None]).sum(1)))), 4)
    return {"mrr": found["student"], "teacher_mrr": found["teacher"], "questions": len(pair), "passages": len(pool)}


def learn(data: Data, rows: np.ndarray, weight: np.ndarray, goal: np.ndarray, split: tuple) -> tuple[np.ndarray, list]:
    fit, held = split
    rng, student, log = np.random.default_rng(encode.SEED), Student(rows, weight), []
    for epoch in range(EPOCHS):
        order, began, losses = rng.permutation(fit), time.time(), []
        for at in range(0, len(order) - BATCH + 1, BATCH):
            done = (epoch + at / len(order)) / EPOCHS
            losses.append(batch_step(student, data, goal, order[at : at + BATCH], RATE * (1 - done)))
        log.append({"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4), **judge(data, student.table(), held)})
        print(log[-1], f"{time.time() - began:.0f} s", flush=True)
    return student.table(), log


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--work", type=pathlib.Path, required=True, help="folder for downloads and checkpoints, outside the repository")
    args.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "retrieval/embed/static")
    args.add_argument("--texts", type=int, default=45000, help="most texts that the teacher reads")
    args.add_argument("--threads", type=int, default=2)
    opt = args.parse_args()
    encode.run(opt)
    data = Data(opt.work)
    cut = int(len(data.query) * (1 - HELD))
    fit, held = np.arange(cut), np.arange(cut, len(data.query))
    texts = np.concatenate([data.query[fit], data.passage[fit]])
    began = time.time()
    rows, weight, goal = closed_form(data, np.load(opt.work / "pieces.npy"), texts[texts >= 0])
    first = judge(data, rows * np.exp(weight)[:, None], held)
    print("closed form", first, f"{time.time() - began:.0f} s", flush=True)
    table.write(opt.work / "closed", rows * np.exp(weight)[:, None])
    learnt, log = learn(data, rows, weight, goal, (fit, held))
    table.write(opt.out, learnt)
    table.record_vectors(opt.out, opt.work / "teacher")
    sources = {s: data.source.count(s) for s in sorted(set(data.source))}
    figures = {"texts": len(data.teacher), "pieces": int(data.counts.sum()), "rows": sources, "closed": first, "epochs": log}
    (opt.work / "figures.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
