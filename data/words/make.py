"""Makes words.npz and vectors.npy beside this file from the word vectors of the package ja-ginza 5.3.0.

python data/words/make.py FOLDER   where FOLDER is ja_ginza-5.3.0/vocab of the unpacked package (needs msgpack).

The package's vectors are chiVe (20,000 rows of 300 numbers for 480,000 words). Kept are the words that the
analyser reads as one word in its normal form; rows are centred, turned to their 200 strongest directions, and
rounded to bytes: measured by `make eval`, 200 directions find as well as 300, 128 a little worse.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgpack
import numpy as np

from referral_app.matching import Analyser
from referral_app.matching.meaning import DIMENSIONS, FILES, word_key

_MASK = (1 << 64) - 1
_MULTIPLIER, _SHIFT = 0xC6A4A7935BD1E995, 47  # of MurmurHash64A, by which the package files its words


def package_key(word: str) -> int:
    """MurmurHash64A with seed 1 over the word's UTF-8 bytes."""
    data = word.encode()
    key = 1 ^ (len(data) * _MULTIPLIER & _MASK)
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        part = int.from_bytes(data[at : at + 8], "little") * _MULTIPLIER & _MASK
        part = (part ^ part >> _SHIFT) * _MULTIPLIER & _MASK
        key = (key ^ part) * _MULTIPLIER & _MASK
    if rest := data[whole:]:
        key = (key ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    key = (key ^ key >> _SHIFT) * _MULTIPLIER & _MASK
    return key ^ key >> _SHIFT


def main(source: Path) -> None:
    rows = msgpack.unpackb((source / "key2row").read_bytes(), strict_map_key=False)
    analyser = Analyser()
    found: dict[int, int] = {}
    for word in json.loads((source / "strings.json").read_text(encoding="utf-8")):
        row = rows.get(package_key(word))
        if row is None or len(word) > 20:
            continue
        tokens = analyser.tokens(word)
        if len(tokens) == 1 and word in (tokens[0].lemma, tokens[0].head):
            found[word_key(word)] = row
    vectors = np.load(source / "vectors").astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    vectors -= vectors.mean(axis=0)
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    turned = vectors @ directions[:, ::-1][:, :DIMENSIONS]
    turned /= np.maximum(np.abs(turned).max(axis=1, keepdims=True), 1e-9)
    used, renumbered = np.unique(np.array(list(found.values())), return_inverse=True)
    keys = np.array(list(found), dtype=np.uint64)
    order = np.argsort(keys)
    here = Path(__file__).parent
    np.savez(here / FILES[0], keys=keys[order], rows=renumbered[order].astype(np.uint16))
    np.save(here / FILES[1], np.round(turned[used] * 127).astype(np.int8))
    print(f"{len(found)} words, {len(used)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
