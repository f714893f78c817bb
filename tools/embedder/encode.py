"""Has the teacher read the training texts. Goes on where it was stopped.

    python3 encode.py --work DIR [--texts N] [--threads N]
"""

import argparse
import concurrent.futures
import json
import pathlib
import time

import numpy as np

import sources
import teacher
import texts

SEED, BLOCK = 7, 512  # rows a checkpoint


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--work", type=pathlib.Path, required=True, help="folder for downloads and checkpoints, outside the repository")
    args.add_argument("--texts", type=int, default=45000, help="most texts that the teacher reads")
    args.add_argument("--threads", type=int, default=2)
    run(args.parse_args())


reader: teacher.Teacher  # of a worker


def start(folder: pathlib.Path) -> None:
    global reader
    reader = teacher.Teacher(folder, 1)


def read(job: tuple[pathlib.Path, list[np.ndarray]]) -> int:
    file, block = job
    if not file.exists():
        part = file.with_suffix(".part.npy")
        np.save(part, reader.vectors(block).astype(np.float16))
        part.rename(file)
    return len(block)


def run(opt) -> None:
    folder = opt.work / "teacher"
    teacher.fetch(folder)
    rows_file = opt.work / "rows.jsonl"
    if not rows_file.exists():
        versions = sources.fetch(opt.work / "packages")
        rows = texts.build(opt.work / "packages", SEED)
        (opt.work / "versions.json").write_text(json.dumps(versions, indent=1))
        rows_file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    rows = [json.loads(line) for line in rows_file.open()]
    tok = teacher.tokenizer(folder)
    if not (opt.work / "pieces.npy").exists():
        vectors = teacher.Teacher(folder, opt.threads).pieces(tok.get_vocab_size())
        np.save(opt.work / "pieces.npy", vectors.astype(np.float16))
    jobs, total = [], 0
    for at in range(0, len(rows), BLOCK):
        block = [s for r in rows[at : at + BLOCK] for s in (r["q"], r["p"]) if s]
        jobs.append((opt.work / f"vectors-{at:06}.npy", teacher.ids(tok, block)))
        total += len(block)
        if total >= opt.texts:
            break
    began, done = time.time(), 0
    # One thread a process: threads that wait for each other crawl on a busy machine.
    with concurrent.futures.ProcessPoolExecutor(opt.threads, initializer=start, initargs=(folder,)) as pool:
        for n in pool.map(read, jobs):
            done += n
            print(f"{done} of {total} texts, {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
