"""Orders windows: three sources of evidence fused by rank, and every worry keeps an early window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from referral_app.matching.lexicon import Heard, Lexicon, Worry
from referral_app.matching.phrases import Hit


@dataclass(frozen=True)
class Weights:
    """The one table of weights. Chosen on half of the cases in tests/matching, reported on both."""

    strong: float = 1.0  # a strong phrase of one word …
    per_word: float = 0.05  # … and for each further word that agrees
    weak: float = 0.3
    further: float = 0.0  # each further hit of the same worry
    rank_base: float = 8.0  # k of rank fusion: strength / (k + rank)
    worry_bm25: float = 0.5
    programme_bm25: float = 0.2
    taught: float = 2.0
    taught_power: float = 0.75  # 0: only the rank of a belief counts, 1: its size fully
    taught_alone: float = 0.05  # belief from which a worry is offered when no phrase was heard …
    taught_ratio: float = 0.05  # … if it is at least this much of the strongest belief
    taught_beside: float = 0.4  # … and beside worries that were
    most_taught: int = 5
    taught_least: float = 0.25  # the best belief below this, and nothing heard: ask for more rather than guess
    outside_unless: float = 0.2  # belief in a worry that speaks against "outside" when a topic was named
    outside_named: float = 0.3  # belief against the best worry, enough to say "outside" when a topic was named …
    outside_alone: float = 0.7  # … and when none was
    link: tuple[float, float, float] = (0.3, 0.7, 1.0)  # for link weights 1, 2, 3
    mention: float = 0.3  # what a worry told last loses against the one told first
    link_order: float = 0.9  # of windows equally right, the one the lexicon names first
    circle_least: float = 0.25  # belief that confirms a phrase of a worry only a circle (city staff) can have
    heard_least: float = 0.4  # a worry at least this strong is shown as heard
    guess_least: float = 7.0  # BM25 score from which a worry nobody named is still offered
    guess_ratio: float = 0.5  # … and this near to the best one
    most_guesses: int = 4  # guessed worries beside told ones: more would bury what was said
    most_worries: int = 12  # what was told must not fall off the screen
    most_programmes: int = 20


WEIGHTS = Weights()


@dataclass(frozen=True)
class Evidence:
    """What the three sources say of one text, each best first.

    heard: lexicon. similar, near: BM25 scores of worries and of programmes. taught: the examples'
    belief (0 to 1) in worries; outside: their belief that this catalogue does not hold the matter.
    """

    heard: Heard
    similar: Sequence[tuple[str, float]]
    near: Sequence[tuple[str, float]]
    taught: Sequence[tuple[str, float]]
    outside: float


@dataclass(frozen=True)
class Voice:
    """One worry as heard: how strongly, by which hits (none: only by similar words).

    words: the resident's words when another reading than the lexicon's heard it.
    """

    worry: Worry
    strength: float
    hits: tuple[Hit, ...] = ()
    guessed: bool = False
    words: tuple[str, ...] = ()


def circles(evidence: Evidence, lexicon: Lexicon, weights: Weights = WEIGHTS) -> frozenset[str]:
    """Circles the speaker seems to belong to: a phrase of a worry only they have, and the examples agree."""
    believed = {code for code, belief in evidence.taught if belief >= weights.circle_least}
    agreed = {circle for code in believed for circle in lexicon.worries[code].only_for}
    return frozenset(c for code in evidence.heard.strong for c in lexicon.worries[code].only_for if c in agreed)


def strength(strong: Sequence[Hit], weak: Sequence[Hit], weights: Weights = WEIGHTS) -> float:
    """The best hit counts fully, further ones a little: ten synonyms are not ten worries."""
    values = sorted(
        [weights.strong + weights.per_word * (hit.size - 1) for hit in strong] + [weights.weak for _ in weak],
        reverse=True,
    )
    return values[0] + weights.further * sum(values[1:4]) if values else 0.0


def voices(evidence: Evidence, lexicon: Lexicon, person: frozenset[str], weights: Weights = WEIGHTS) -> list[Voice]:
    """Worries of a text, the clearest first."""
    allowed = {c: w for c, w in lexicon.worries.items() if not w.only_for or person.intersection(w.only_for)}
    heard = evidence.heard
    hits = {c: (*heard.strong.get(c, ()), *heard.weak.get(c, ())) for c in {*heard.strong, *heard.weak} & {*allowed}}
    places = _places(hits)
    said = {
        code: strength(heard.strong.get(code, ()), heard.weak.get(code, ()), weights)
        * (1 - weights.mention * places[code])
        for code in hits
    }
    clear = {code for code, value in said.items() if value >= weights.heard_least}
    open_to_guess = {code for code, worry in allowed.items() if not worry.by_name or code in clear}
    like = [(code, score) for code, score in evidence.similar if code in open_to_guess]
    taught = [(code, belief) for code, belief in evidence.taught if code in open_to_guess]
    codes = clear | _taught_ones(taught, bool(clear), weights)
    if not clear and _is_outside(evidence, taught, weights):
        return []
    codes = codes or _guesses(like, weights)
    fused = _fused(codes, said, like, taught, weights)
    best = sorted(fused, key=lambda c: (-fused[c], c))
    if clear:
        guessed = [code for code in best if code not in clear]
        best = [code for code in best if code not in guessed[weights.most_guesses :]]
    best = best[: weights.most_worries]
    return [Voice(allowed[code], fused[code], hits.get(code, ()), guessed=code not in clear) for code in best]


def _is_outside(evidence: Evidence, taught: Sequence[tuple[str, float]], weights: Weights) -> bool:
    """No worry was told: is it only a matter this catalogue does not hold? ``taught``: what may be guessed."""
    named = bool(evidence.heard.outside)
    best = taught[0][1] if taught else 0.0
    if best < (weights.outside_unless if named else weights.taught_least) and evidence.taught:
        return True
    return evidence.outside >= (weights.outside_named if named else weights.outside_alone)


def _taught_ones(taught: Sequence[tuple[str, float]], beside: bool, weights: Weights) -> set[str]:
    """Worries the examples speak for: the best few alone, beside clear ones only a firm belief."""
    best = taught[0][1] if taught else 0.0
    least = weights.taught_beside if beside else max(weights.taught_alone, weights.taught_ratio * best)
    return {code for code, belief in taught[: weights.most_taught] if belief >= least}


def _guesses(like: Sequence[tuple[str, float]], weights: Weights) -> set[str]:
    """When no worry was told: the few whose words are much like the text."""
    best = like[0][1] if like else 0.0
    least = max(weights.guess_least, weights.guess_ratio * best)
    return {code for code, score in like[:3] if score >= least}


def _fused(
    codes: set[str],
    said: dict[str, float],
    like: Sequence[tuple[str, float]],
    taught: Sequence[tuple[str, float]],
    weights: Weights,
) -> dict[str, float]:
    """Strength over (k + rank), summed over the three sources; ranks are among these worries only."""
    rank_said = {code: i for i, code in enumerate(sorted(codes & {*said}, key=lambda c: (-said[c], c)))}
    rank_like = {code: i for i, code in enumerate(code for code, _ in like if code in codes)}
    rank_taught = {code: i for i, code in enumerate(code for code, _ in taught if code in codes)}
    belief = dict(taught)
    fused = dict.fromkeys(codes, 0.0)
    for code in codes:
        if code in rank_said:
            fused[code] += said[code] / (weights.rank_base + rank_said[code])
        if code in rank_like:
            fused[code] += weights.worry_bm25 / (weights.rank_base + rank_like[code])
        if code in rank_taught:
            share = belief[code] ** weights.taught_power
            fused[code] += weights.taught * share / (weights.rank_base + rank_taught[code])
    return fused


def _places(hits: dict[str, tuple[Hit, ...]]) -> dict[str, float]:
    """Where in the text each worry is first told, from 0 to 1: the first thing told is often the gravest."""
    starts = {
        code: min(start for hit in found for span in hit.spans for start, _ in span.pieces)
        for code, found in hits.items()
    }
    length = max(starts.values(), default=0) or 1
    return {code: start / length for code, start in starts.items()}


def order(
    heard_worries: Sequence[Voice],
    similar: Sequence[tuple[str, float]],
    may_show: Callable[[str, bool], bool],
    weights: Weights = WEIGHTS,
) -> list[tuple[str, float]]:
    """(programme code, score), best first.

    ``similar``: BM25 of programmes. ``may_show(code, linked)`` keeps out what is no window here.
    """
    scores: dict[str, float] = {}
    for voice in heard_worries:
        for place, link in enumerate(voice.worry.links):
            if may_show(link.to, True):
                gain = voice.strength * weights.link[link.weight - 1] * weights.link_order**place
                scores[link.to] = max(scores.get(link.to, 0.0), gain) + 0.3 * min(scores.get(link.to, 0.0), gain)
    ranked = sorted(scores, key=lambda c: -scores[c])
    lexical = _early_windows(heard_worries, ranked, scores)
    fused = {code: _share(voice_score, i, weights) for i, (code, voice_score) in enumerate(lexical)}
    for i, (code, _) in enumerate([row for row in similar if may_show(row[0], False)][:10]):
        fused[code] = fused.get(code, 0.0) + weights.programme_bm25 / (weights.rank_base + i)
    best = sorted(fused, key=lambda c: -fused[c])
    best = _keep_primaries(best, heard_worries, may_show)
    return [(code, round(fused[code], 4)) for code in best[: weights.most_programmes]]


def _share(score: float, rank: int, weights: Weights) -> float:
    return min(score * 3, 2.0) / (weights.rank_base + rank)


def _early_windows(voices: Sequence[Voice], ranked: list[str], scores: dict[str, float]) -> list[tuple[str, float]]:
    """Coverage first: each worry's best window not yet placed, then the rest by score."""
    placed: list[str] = []
    for voice in voices:
        own = [link.to for link in voice.worry.links if link.to in scores]
        if own and not any(code in placed for code in own[:1]):
            placed.append(own[0])
    placed += [code for code in ranked if code not in placed]
    return [(code, scores[code]) for code in placed]


def _keep_primaries(best: list[str], voices: Sequence[Voice], may_show: Callable[[str, bool], bool]) -> list[str]:
    """Fusion must not push a clear worry's only right window behind the fifth place."""
    for position, voice in enumerate(voices[:4]):
        primary = [link.to for link in voice.worry.links if link.weight == 3 and may_show(link.to, True)]
        if primary and not any(code in primary for code in best[:5]):
            best.remove(primary[0])
            best.insert(min(position + 1, 4), primary[0])
    return best
