"""What words mean, read from the files of a package whose code never runs."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from knowledge.likeness import MEANING_SHARE, Likeness
from knowledge.meaning import LONGEST, TOKENIZER, _table, vectors
from knowledge.similarity import Bags, Similarity

ROOT = Path(__file__).parents[2]


def like(one: str, other: str) -> float:
    first, second = vectors([one.split(), other.split()])
    return float(first @ second)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("laptop", "notebook computer", "printer"),
        ("i cannot sign in", "login does not work", "the projector is too dark"),
        ("somebody took my phone", "mobile stolen", "change the meeting room"),
    ],
)
def test_what_means_the_same_is_nearer(text: str, near: str, far: str) -> None:
    assert like(text, near) > like(text, far) + 0.1


def test_vectors_have_length_one_or_say_nothing() -> None:
    known, empty, foreign = vectors([["printer", "jam"], [], ["\ud800"]])
    assert np.linalg.norm(known) == pytest.approx(1, abs=1e-5)
    assert not empty.any()
    assert np.linalg.norm(foreign) == pytest.approx(1, abs=1e-5) or not foreign.any()
    assert vectors([]).shape == (0, 256)


@cache
def tokenizer() -> Tokenizer:
    spec = find_spec("wordllama")
    assert spec
    assert spec.submodule_search_locations
    return Tokenizer.from_file(str(Path(next(iter(spec.submodule_search_locations))) / TOKENIZER))


WORDS = st.text("abcdefghilmnoprstuwy0123456789éß", min_size=1, max_size=20)


@settings(deadline=None)
@given(
    st.one_of(
        WORDS,
        st.sampled_from(
            [
                "outlook",
                "password",
                "vpn",
                "wifi",
                "kerberos",
                "aadsts50053",
                "onedrive",
                "naïve",
                "4l",
                "水",
                "ß",
            ]
        ),
    )
)
def test_pieces_are_those_of_the_tokenizer_that_the_vectors_were_learned_with(word: str) -> None:
    assert _table()._pieces(word) == tokenizer().encode(word, add_special_tokens=False).ids


def test_a_monstrous_word_takes_no_time() -> None:
    assert _table()._pieces("x" * 100_000) == _table()._pieces("x" * LONGEST)


def test_likeness_is_the_mean_of_both() -> None:
    texts = [["reset", "my", "password"], ["forgot", "passcode"], ["printer", "jam"], ["x"]]
    bags, means = Bags.of(texts), vectors(texts)
    similarity = Similarity(bags)
    likeness = Likeness(similarity, means)
    expected = (1 - MEANING_SHARE) * similarity.to(bags) + MEANING_SHARE * means @ means.T
    assert likeness.among(bags, slice(0, 4), slice(0, 4)) == pytest.approx(expected, abs=1e-5)
    assert likeness.to(texts[1])[0] == pytest.approx(expected[1], abs=1e-5)


@pytest.mark.slow
def test_neither_the_package_nor_the_network_is_touched() -> None:
    script = (
        "import sys, socket\n"
        "socket.socket.connect = lambda *_: sys.exit('it looked outside')\n"
        "from knowledge.library import Library\n"
        "Library().match('my notebook is gone')\n"
        "print(sorted(sys.modules.keys() & {'wordllama', 'tokenizers', 'huggingface_hub', 'requests', 'torch'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
