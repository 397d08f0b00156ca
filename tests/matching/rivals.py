"""Other engines fed with the words our own index holds: what the bench puts beside ours.

Each builds or opens an index in a folder and gives back its search: words in, codes of the best 20 out.
What a search keeps open is closed when it is let go.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from weakref import finalize

from whoosh import index as whoosh_index
from whoosh.query import Or, Term

LIMIT = 20
HAS_TANTIVY = find_spec("tantivy") is not None
WITHOUT_TANTIVY = "tantivy is not installed and left out (it comes with requirements-dev.lock)"

Search = Callable[[Iterable[str]], list[str]]
Programme = tuple[str, Counter[str]]  # code, how often each word stands in it


def programmes(place: Path) -> list[Programme]:
    """The programmes an index of ours holds, word for word."""
    words: dict[int, Counter[str]] = defaultdict(Counter)
    opened = whoosh_index.open_dir(place, readonly=True)
    with opened.reader() as reader:
        for word in reader.lexicon("programme"):
            for document, count in reader.postings("programme", word).items_as("weight"):
                words[document][word.decode()] = int(count)
        codes = {document: reader.stored_fields(document)["code"] for document in words}
    opened.close()
    return [(codes[document], words[document]) for document in sorted(words)]


def by_whoosh(place: Path) -> Search:
    """Whoosh's own scoring over an index of ours."""
    searcher = whoosh_index.open_dir(place, readonly=True).searcher()

    def search(words: Iterable[str]) -> list[str]:
        asked = Or([Term("programme", word) for word in dict.fromkeys(words)])
        return [hit["code"] for hit in searcher.search(asked, limit=LIMIT)]

    finalize(search, searcher.close)
    return search


def by_fts5(place: Path, documents: Sequence[Programme]) -> Search:
    """SQLite FTS5. It would cut our words at their marks, so each goes in as a number."""
    numbers: dict[str, str] = {}
    base = sqlite3.connect(place / "fts5.db")
    base.execute("CREATE VIRTUAL TABLE p USING fts5(code UNINDEXED, words)")
    with base:
        for code, counts in documents:
            held = " ".join(numbers.setdefault(word, f"w{len(numbers)}") for word in counts.elements())
            base.execute("INSERT INTO p VALUES (?, ?)", (code, held))
        base.execute("INSERT INTO p(p) VALUES ('optimize')")

    def search(words: Iterable[str]) -> list[str]:
        asked = " OR ".join(numbers[word] for word in dict.fromkeys(words) if word in numbers)
        asked = asked or '""'  # finds nothing; an empty question would be refused
        found = base.execute("SELECT code FROM p WHERE p MATCH ? ORDER BY rank LIMIT ?", (asked, LIMIT))
        return [code for (code,) in found]

    finalize(search, base.close)
    return search


def by_fts5_trigram(rows: Iterable[tuple[str, str]]) -> Callable[[str], list[str]]:
    """SQLite FTS5 over plain text, no analyser needed: asked with the trigrams of the first 900 characters."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE p USING fts5(code, text, tokenize='trigram')")
    base.executemany("INSERT INTO p VALUES (?, ?)", rows)

    def search(text: str) -> list[str]:
        grams = dict.fromkeys(text[i : i + 3] for i in range(min(len(text), 900) - 2))
        asked = " OR ".join('"' + gram.replace('"', "") + '"' for gram in grams)
        found = base.execute("SELECT code FROM p WHERE p MATCH ? ORDER BY bm25(p) LIMIT ?", (asked, LIMIT))
        return [code for (code,) in found]

    finalize(search, base.close)
    return search


def by_tantivy(place: Path, documents: Iterable[Programme]) -> Search:
    """tantivy (compiled, BM25 with the same k1 and b); one thread writes, so that there is one segment."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("code", stored=True, tokenizer_name="raw")
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    schema = builder.build()
    folder = place / "tantivy"
    folder.mkdir()
    opened = tantivy.Index(schema, path=str(folder))
    writer = opened.writer(num_threads=1)
    for code, counts in documents:
        writer.add_document(tantivy.Document(code=code, words=" ".join(counts.elements())))
    writer.commit()
    writer.wait_merging_threads()
    opened.reload()
    searcher = opened.searcher()

    def search(words: Iterable[str]) -> list[str]:
        terms = [tantivy.Query.term_query(schema, "words", word, "freq") for word in dict.fromkeys(words)]
        asked = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        hits = searcher.search(asked, LIMIT, count=False).hits
        return [searcher.doc(address)["code"][0] for _, address in hits]

    return search
