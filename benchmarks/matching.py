"""How well and how fast messages find their article, next to simpler methods in the same run.

`python -m benchmarks.matching --data FOLDER` where the folder holds `banking77`, `clinc150` and `hwu64`, each with
`train_10.tsv` and `valid.tsv` (label, tab, text), and `clinc150` also `oos_train.txt` and `oos_valid.txt`. Sources:
CLINC150 (Larson et al., 2019, CC BY 3.0), BANKING77 (Casanueva et al., 2020, CC BY 4.0), HWU64 (Liu et al., 2019,
CC BY 4.0), few-shot draws of the Few-Shot-Intent-Detection collection. Without `--data` only our own articles.

An intent stands for an article that has nothing but its ten utterances: no title, no page, no `never` lines.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from benchmarks.report import Section, machine, median
from knowledge.article import Article
from knowledge.library import Library
from knowledge.matcher import Answer, Clarify, Matcher
from knowledge.text import normalise, words

SETS = ("banking77", "clinc150", "hwu64")
SEEDS = (0, 1, 2)
HELD_OUT = Path(__file__).parent.parent / "tests" / "knowledge" / "held_out.tsv"
TIMED = 300
"""Messages that are timed one by one."""

Labelled = Sequence[tuple[str, str]]
Scores = NDArray[np.float64]
"""Messages × intents: how sure a method is of each; higher is surer."""


def read_labelled(file: Path) -> list[tuple[str, str]]:
    lines = (line.partition("\t") for line in file.read_text("utf-8").splitlines() if "\t" in line)
    return [(label, text) for label, _, text in lines]


# ------------------------------------------------------------------------------------------------------ methods


class Method(Protocol):
    def scores(self, text: str) -> Scores: ...

    def sureness(self, scores: Scores) -> Scores:
        """How sure it is of each message that one of the intents is meant."""
        ...


class Nearest:
    """As sure as of the best."""

    def sureness(self, scores: Scores) -> Scores:
        return np.asarray(scores.max(axis=1))


class TokenSet(Nearest):
    """rapidfuzz's token_set_ratio, the nearest example of each intent."""

    def __init__(self, examples: Labelled, labels: Sequence[str], foreign: Sequence[str]) -> None:
        self._texts = [" ".join(words(normalise(text))) for _, text in examples]
        self._owners = np.array([labels.index(label) for label, _ in examples])
        self._labels = len(labels)

    def scores(self, text: str) -> Scores:
        said = " ".join(words(normalise(text)))
        found = process.cdist([said], self._texts, scorer=fuzz.token_set_ratio)[0]
        best = np.zeros(self._labels)
        np.maximum.at(best, self._owners, found)
        return best


class BM25(Nearest):
    """BM25 (k1 1.2, b 0.75) over words, the nearest example of each intent."""

    def __init__(self, examples: Labelled, labels: Sequence[str], foreign: Sequence[str]) -> None:
        bags = [Counter(words(normalise(text))) for _, text in examples]
        spread = Counter(word for bag in bags for word in bag)
        mean = sum(map(Counter.total, bags)) / len(bags)
        self._owners = np.array([labels.index(label) for label, _ in examples])
        self._labels = len(labels)
        self._found: dict[str, list[tuple[int, float]]] = {}
        for number, bag in enumerate(bags):
            for word, times in bag.items():
                rarity = np.log(1 + (len(bags) - spread[word] + 0.5) / (spread[word] + 0.5))
                weight = rarity * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * bag.total() / mean))
                self._found.setdefault(word, []).append((number, float(weight)))

    def scores(self, text: str) -> Scores:
        found = np.zeros(len(self._owners))
        for word in set(words(normalise(text))):
            for number, weight in self._found.get(word, ()):
                found[number] += weight
        best = np.zeros(self._labels)
        np.maximum.at(best, self._owners, found)
        return best


class Ours:
    """The matcher as it is; what is left to nothing is not given to any intent."""

    def __init__(self, examples: Labelled, labels: Sequence[str], foreign: Sequence[str]) -> None:
        self.matcher = Matcher(as_articles(examples, labels), foreign or None)
        self._numbers = {article.id: number for number, article in enumerate(self.matcher.articles)}

    def scores(self, text: str) -> Scores:
        found = np.zeros(len(self._numbers))
        for candidate in self.matcher.match(text).candidates:
            found[self._numbers[candidate.article.id]] = candidate.score
        return found

    def sureness(self, scores: Scores) -> Scores:
        return np.asarray(scores.sum(axis=1))


METHODS: dict[str, Callable[[Labelled, Sequence[str], Sequence[str]], Method]] = {
    "rapidfuzz token_set_ratio": TokenSet,
    "BM25": BM25,
    "Firstline": Ours,
}


def as_articles(examples: Labelled, labels: Sequence[str]) -> list[Article]:
    """Intents as articles in the order of `labels`, named so that their names help nobody."""
    names = ["".join(letters) for letters in product(ascii_lowercase, repeat=3)]
    return [
        Article(
            id=f"{name}-zq",
            title="-",
            category="zq",
            priority="P3",
            tier=1,
            owner="zq",
            reviewed=date(2026, 1, 1),
            review_every="1 year",
            utterances=tuple(text for other, text in examples if other == label),
            body="",
            file=Path(name),
        )
        for name, label in zip(names, labels, strict=False)
    ]


# -------------------------------------------------------------------------------------------------------- noise

_NEIGHBOURS = dict(
    zip(
        ascii_lowercase,
        [
            "sqwz",
            "vghn",
            "xdfv",
            "serfcx",
            "wrsd",
            "drtgvc",
            "ftyhbv",
            "gyujnb",
            "ujko",
            "huikmn",
            "jiolm",
            "kop",
            "njk",
            "bhjm",
            "iklp",
            "ol",
            "wa",
            "etdf",
            "awedxz",
            "rfgy",
            "yihj",
            "cfgb",
            "qase",
            "zsdc",
            "tghu",
            "asx",
        ],
        strict=True,
    )
)


def with_typos(text: str, chance: random.Random) -> str:
    """One or two slips: a neighbouring key, a letter left out or doubled, two letters swapped."""
    letters = list(text)
    for _ in range(chance.choice((1, 2))):
        places = [place for place, letter in enumerate(letters) if letter.isalpha()]
        if not places:
            break
        place = chance.choice(places)
        match chance.randrange(4):
            case 0:
                letters[place] = chance.choice(_NEIGHBOURS.get(letters[place].lower(), "e"))
            case 1:
                del letters[place]
            case 2:
                letters.insert(place, letters[place])
            case _ if place + 1 < len(letters):
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


_BEFORE = (
    "Hi team, ", "hello, ", "Good morning all! ", "Hey, hope you're all doing well. ", "Hi there - quick question: ",
    "Sorry to bother you again, but ", "Dear support,\n\n", "hey folks, no idea who to ask. ", "Hi Sam,\n",
    "Morning! Me again :) ", "I'm between two meetings so in short: ",
)  # fmt: skip
_AFTER = (
    " Thanks!", " thanks in advance", "\n\nBest regards,\nMaria Lopez", " Any help is much appreciated.",
    " Please advise asap", " cheers, Tom", "\n--\nJ. Meyer | Field sales | +44 20 7946 0000", " Thank you so much :)",
    "\n\nSent from my iPhone", " I have a customer waiting. Let me know!", " Have a great day",
)  # fmt: skip


def with_chatter(text: str, chance: random.Random) -> str:
    """As people wrap a request; some of it is known to `knowledge.wrapping` and some is not."""
    return f"{chance.choice(_BEFORE)}{text}{'.' if text[-1:].isalnum() else ''}{chance.choice(_AFTER)}"


NOISES: dict[str, Callable[[str, random.Random], str]] = {"typos": with_typos, "chatter": with_chatter}


# ------------------------------------------------------------------------------------------------------ figures


def accuracy(scores: Scores, truth: NDArray[np.intp], among: int = 1) -> float:
    best = np.argsort(-scores, axis=1, kind="stable")[:, :among]
    return float((best == truth[:, None]).any(axis=1).mean())


def area_under_curve(known: Scores, foreign: Scores) -> float:
    """How often a message that has an intent is surer than one that has none (Mann and Whitney); ties count half."""
    pairs = known[:, None] - foreign[None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


def calibration_error(scores: Scores, truth: NDArray[np.intp]) -> float:
    """Mean distance of what was claimed from what came true, over ten equal steps of the probability."""
    sure, right = scores.max(axis=1), scores.argmax(axis=1) == truth
    step = np.minimum((sure * 10).astype(int), 9)
    return float(
        sum(abs(sure[step == one].sum() - right[step == one].sum()) for one in range(10)) / len(sure)
    )


def wrong_at(coverage: float, scores: Scores, truth: NDArray[np.intp]) -> float:
    """Share of mistakes among the surest messages."""
    surest = np.argsort(-scores.max(axis=1), kind="stable")[: int(coverage * len(scores))]
    return float((scores[surest].argmax(axis=1) != truth[surest]).mean())


def public_set(folder: Path) -> Section:
    """One public set, all methods."""
    examples, messages = read_labelled(folder / "train_10.tsv"), read_labelled(folder / "valid.tsv")
    labels = sorted({label for label, _ in examples})
    truth = np.array([labels.index(label) for label, _ in messages])
    foreign = {name: _lines(folder / f"oos_{name}.txt") for name in ("train", "valid")}
    rows = []
    for name, method in METHODS.items():
        began = time.perf_counter()
        learned = method(examples, labels, foreign["train"])
        built = time.perf_counter() - began

        def judge(texts: Sequence[str], learned: Method = learned) -> Scores:
            return np.array([learned.scores(text) for text in texts])

        clean = judge([text for _, text in messages])
        noisy = {
            kind: np.mean(
                [
                    accuracy(judge([noise(text, chance) for _, text in messages]), truth)
                    for chance in map(random.Random, SEEDS)
                ]
            )
            for kind, noise in NOISES.items()
        }
        taken = []
        for _, text in messages[:TIMED]:
            began = time.perf_counter()
            learned.scores(text)
            taken.append(time.perf_counter() - began)
        apart = ""
        if foreign["valid"]:
            unknown = learned.sureness(judge(foreign["valid"]))
            apart = _percent(area_under_curve(learned.sureness(clean), unknown))
        rows.append(
            (
                name,
                _percent(accuracy(clean, truth)),
                _percent(accuracy(clean, truth, among=3)),
                *(_percent(float(noisy[kind])) for kind in NOISES),
                _percent(wrong_at(0.8, clean, truth)),
                _percent(calibration_error(clean, truth)) if name == "Firstline" else "",
                apart,
                f"{median(taken) * 1e6:.0f}",
                f"{built * 1000:.0f}",
            )
        )
    return Section(
        f"{folder.name}: {len(labels)} intents of {len(examples) // len(labels)} examples",
        f"{len(messages)} messages of the validation part. Typos: one or two slips a message; chatter: greeting, "
        f"thanks, signature and asides around it; means of seeds {SEEDS[0]} to {SEEDS[-1]}. AUROC: known messages from "
        "out-of-scope ones.",
        (
            "method",
            "accuracy",
            "top 3",
            *NOISES,
            "wrong at 80 %",
            "calibration error",
            "AUROC",
            "µs a message",
            "ms to learn",
        ),
        rows,
    )


def own_articles() -> Section:
    """Our own articles: what was held out while learning, and a file that nobody tunes on."""
    began = time.perf_counter()
    library = Library()
    built = time.perf_counter() - began
    bands = library.matcher.bands
    assert bands
    rows: list[tuple[str, ...]] = [
        (
            "each utterance held out",
            str(bands.messages),
            _percent(bands.accuracy),
            _percent(bands.accuracy_of_three),
            _percent(bands.answered),
            _percent(bands.wrong),
            _percent(bands.helped),
            f"{_percent(bands.foreign_answered)} / {_percent(bands.foreign_offered)} of {bands.foreign}",
        )
    ]
    if HELD_OUT.exists():
        rows.append(_messages_of_others(library, read_labelled(HELD_OUT)))
    return Section(
        f"Our own {len(library.articles)} articles",
        f"Read and learned in {built * 1000:.0f} ms. Answer from {bands.answer:.2f} on, offer three from {bands.offer:.2f} on. "
        "The second row's messages were written by somebody who saw only the titles; nothing is tuned on them.",
        (
            "messages",
            "of articles",
            "accuracy",
            "top 3",
            "answered",
            "of those wrong",
            "answered or offered rightly",
            "out of scope: answered / offered",
        ),
        rows,
    )


def _messages_of_others(library: Library, messages: Labelled) -> tuple[str, ...]:
    answered = wrong = helped = first = among = ours = 0
    foreign: Counter[str] = Counter()
    for label, text in messages:
        match = library.match(text)
        if label == "none":
            foreign[type(match).__name__] += 1
            continue
        ours += 1
        best = [candidate.article.id for candidate in match.candidates[:3]]
        first += best[:1] == [label]
        among += label in best
        if isinstance(match, Answer):
            answered += 1
            wrong += match.article.id != label
            helped += match.article.id == label
        elif isinstance(match, Clarify):
            helped += label in [article.id for article in match.articles]
    return (
        HELD_OUT.name,
        str(ours),
        *(_percent(number / ours) for number in (first, among, answered)),
        _percent(wrong / max(answered, 1)),
        _percent(helped / ours),
        f"{_percent(foreign['Answer'] / max(foreign.total(), 1))} / "
        f"{_percent(foreign['Clarify'] / max(foreign.total(), 1))} of {foreign.total()}",
    )


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").splitlines() if line.strip()] if file.exists() else []


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of the public sets; without it only our own articles"
    )
    asked = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    if asked.data:
        for name in SETS:
            print(f"{public_set(asked.data / name)}\n", flush=True)
    print(own_articles())


if __name__ == "__main__":
    main()
