"""The parts of learning against slow and obvious ways to compute the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.bands import fit_bands
from knowledge.judgement import EXPECTED, Evidence, learn_weights, probabilities
from knowledge.pages import Pages
from knowledge.regression import SMOOTHING, _inverse, learn, without_own_class
from knowledge.similarity import _WORDS, FREQUENT, RUNS, WORD_SHARE, Bags, Floats, Similarity, stem

WORDS = st.lists(st.text("abcdeé", min_size=1, max_size=6), max_size=6)


def slow_similarity(texts: list[list[str]], message: list[str]) -> list[float]:
    """TF-IDF cosines by the book, over words and over runs."""

    def features(words: list[str]) -> tuple[dict[int, int], dict[int, int]]:
        bag = Bags.of([words])
        found = dict(zip(bag.features.tolist(), bag.times.tolist(), strict=True))
        return {f: n for f, n in found.items() if f >= _WORDS}, {f: n for f, n in found.items() if f < _WORDS}

    def rarity(feature: int, part: int) -> float:
        spread = sum(feature in features(text)[part] for text in texts)
        if spread > max(0.3 * len(texts), 1):
            return 0.0
        return float(np.log((1 + len(texts)) / (1 + spread)) + 1)

    def vector(words: list[str], part: int) -> dict[int, float]:
        weights = {f: (1 + np.log(n)) * rarity(f, part) for f, n in features(words)[part].items()}
        length = np.sqrt(sum(weight**2 for weight in weights.values()))
        return {f: weight / length for f, weight in weights.items()} if length else {}

    def cosine(text: list[str], part: int) -> float:
        one, other = vector(message, part), vector(text, part)
        return float(sum(weight * other.get(f, 0) for f, weight in one.items()))

    return [WORD_SHARE * cosine(text, 0) + (1 - WORD_SHARE) * cosine(text, 1) for text in texts]


@given(WORDS)
def test_features_are_the_words_and_the_runs(words: list[str]) -> None:
    line = f" {' '.join(words)} "
    runs = Counter(line[at : at + n] for n in RUNS for at in range(len(line) - n + 1))
    bag = Bags.of([["unrelated"], words])
    own = bag.owners == 1
    is_word = bag.features >= _WORDS
    assert bag.times[own & is_word].sum() == len(words)
    assert np.count_nonzero(own & is_word) == len(set(map(stem, words)))
    assert bag.times[own & ~is_word].sum() == runs.total()
    assert np.count_nonzero(own & ~is_word) == pytest.approx(len(runs), abs=2)  # two runs may share a number


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.lists(WORDS, min_size=1, max_size=8), WORDS)
def test_similarity_is_that_of_the_book(texts: list[list[str]], message: list[str]) -> None:
    found = Similarity(Bags.of(texts)).to(Bags.of([message]))[0]
    assert found == pytest.approx(slow_similarity(texts, message), abs=1e-4)


def test_similarity_among_many_is_that_of_each() -> None:
    chance = np.random.default_rng(1)
    names = ["".join(chance.choice(list("abcdefgh"), 5)) for _ in range(60)]
    texts = [list(chance.choice(names, 6)) for _ in range(4 * FREQUENT)]
    bags = Bags.of(texts)
    similarity = Similarity(bags)
    expected = similarity.to(bags)
    assert similarity.among(bags, slice(0, 100), slice(0, 100)) == pytest.approx(
        expected[:100, :100], abs=1e-5
    )
    assert similarity.among(bags, slice(90, 256), slice(5, 200)) == pytest.approx(
        expected[90:, 5:200], abs=1e-5
    )
    assert np.diag(expected) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def kernel_of(labels: list[int], seed: int) -> Floats:
    """Similarities of made-up examples; those of one class have something in common."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((max(labels) + 1, 30))
    points = centres[labels] + 1.5 * chance.standard_normal((len(labels), 30))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return (points @ points.T).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 50, 193, 500])
def test_the_inverse_by_halves(size: int) -> None:
    matrix = kernel_of([0] * size, seed=size) + 0.5 * np.eye(size, dtype=np.float32)
    assert _inverse(matrix.copy()) @ matrix == pytest.approx(np.eye(size), abs=0.02)


def test_the_regression_nears_its_optimum_and_learns_its_examples() -> None:
    labels = np.repeat(np.arange(10), 8)
    kernel = kernel_of(labels.tolist(), seed=3)
    learned = learn(kernel, labels, np.ones((10, 10), bool))
    scores = kernel @ learned.coefficients
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances = odds / odds.sum(axis=1, keepdims=True)
    residue = np.eye(10)[labels] - chances - SMOOTHING * learned.coefficients
    assert np.abs(residue).max() < 0.05
    assert (scores.argmax(axis=1) == labels).mean() > 0.99


def test_held_out_scores_are_near_those_of_really_leaving_out() -> None:
    labels = np.repeat(np.arange(12), 9)
    kernel = kernel_of(labels.tolist(), seed=5)
    rivals = np.ones((12, 12), bool)
    quick = learn(kernel, labels, rivals).held_out
    slow = np.zeros_like(quick)
    some = np.arange(0, len(labels), 2)
    for one in some:
        others = np.arange(len(labels)) != one
        slow[one] = (
            kernel[one, others] @ learn(kernel[np.ix_(others, others)], labels[others], rivals).coefficients
        )
    right = [(scores.argmax(axis=1) == labels)[some].mean() for scores in (quick, slow)]
    assert right[0] == pytest.approx(right[1], abs=0.1)
    assert np.corrcoef(quick[some].ravel(), slow[some].ravel())[0, 1] > 0.97


def test_without_its_own_class_an_example_is_that_of_none() -> None:
    labels = np.repeat(np.arange(6), 5)
    kernel = kernel_of(labels.tolist(), seed=7)
    coefficients = learn(kernel, labels, np.ones((6, 6), bool)).coefficients
    scores = without_own_class(kernel, labels, coefficients)
    assert np.isneginf(scores[np.arange(30), labels]).all()
    others = labels != labels[0]
    assert scores[0, 1:] == pytest.approx(kernel[0, others] @ coefficients[others][:, 1:], abs=1e-4)


def test_classes_that_nobody_sees_together_do_not_compete() -> None:
    """Two articles with the same utterances, one for Denver and one for Dallas, each as strong as if alone."""
    labels = np.repeat(np.arange(6), 5)
    kernel = kernel_of(labels.tolist(), seed=7)
    twin = np.append(np.arange(30), np.arange(5))
    twins = kernel[np.ix_(twin, twin)]
    twin_labels = np.append(labels, np.full(5, 6))
    apart = np.ones((7, 7), bool)
    apart[0, 6] = apart[6, 0] = False
    alone = kernel @ learn(kernel, labels, np.ones((6, 6), bool)).coefficients
    together = learn(twins, twin_labels, np.ones((7, 7), bool)).coefficients
    parted = learn(twins, twin_labels, apart).coefficients
    assert (twins[0, :30] @ parted[:30])[0] == pytest.approx(alone[0, 0], rel=0.15)
    assert (twins[0, :30] @ together[:30])[0] > 1.3 * alone[0, 0]  # each leans on what the other pulls down


def test_pages_prefer_the_page_with_the_rare_word() -> None:
    pages = Pages(
        [["the", "dock", "monitor"], ["the", "printer", "toner"], ["the", "printer", "queue"], ["x"]]
    )
    found = pages.to(["the", "printers", "toner"])
    assert found.argmax() == 1
    assert found[0] == 0
    assert not pages.to(["nothing", "known"]).any()


def made_up_evidence(count: int, seed: int) -> tuple[Evidence, np.ndarray]:
    """Evidence, and truths drawn with the probabilities that it has under certain weights."""
    chance = np.random.default_rng(seed)
    articles = chance.random((count, 4, 3)).astype(np.float32)
    evidence = Evidence(articles, chance.random(count).astype(np.float32), np.ones((count, 4), bool))
    chances = probabilities(np.array([4.0, 3.0, 0.0, 2.0, 4.0]), evidence).astype(float)
    return evidence, np.array([chance.choice(5, p=row / row.sum()) for row in chances])


def test_learned_weights_are_those_that_made_the_truth_and_never_negative() -> None:
    evidence, truth = made_up_evidence(8000, seed=11)
    weights = learn_weights(evidence, truth, np.ones(len(truth)))
    assert weights == pytest.approx([4.0, 3.0, 0.0, 2.0, 4.0], abs=0.3)
    assert (weights >= 0).all()
    chances = probabilities(weights, evidence)
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(truth)), abs=1e-5)


def test_few_messages_hardly_move_the_weights() -> None:
    evidence, truth = made_up_evidence(6, seed=12)
    assert learn_weights(evidence, truth, np.ones(6)) == pytest.approx(EXPECTED, abs=2)


def test_what_is_impossible_gets_no_probability() -> None:
    evidence, _ = made_up_evidence(50, seed=13)
    evidence.possible[:, 0] = False
    assert not probabilities(EXPECTED, evidence)[:, 0].any()


@pytest.mark.parametrize("seed", range(5))
def test_bands_follow_the_prices(seed: int) -> None:
    """Of well calibrated messages, those are answered for which that is worth more than offering three."""
    chance = np.random.default_rng(seed)
    chances = chance.dirichlet([0.3] * 6, 4000).astype(np.float32)
    truth = np.array([chance.choice(6, p=row / row.sum()) for row in chances.astype(float)])
    bands = fit_bands(chances, truth, np.ones(4000), truth == 5)
    assert 0.8 < bands.answer < 0.97
    assert 0.55 < bands.offer < 0.85
    assert bands.wrong < 0.06
    assert bands.answered + bands.helped > 0.5
    assert "answer   from 0." in str(bands)
