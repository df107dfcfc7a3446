"""PROVISIONAL, until the real one lands."""
from dataclasses import dataclass
from rapidfuzz import fuzz, process
from knowledge.article import Article

@dataclass(frozen=True)
class Candidate:
    article: Article
    score: float

@dataclass(frozen=True)
class Answer:
    article: Article
    candidates: tuple[Candidate, ...]

@dataclass(frozen=True)
class Clarify:
    candidates: tuple[Candidate, ...]

@dataclass(frozen=True)
class NoMatch:
    candidates: tuple[Candidate, ...]

Match = Answer | Clarify | NoMatch

class Matcher:
    def __init__(self, articles):
        self.lines = [(u, a) for a in articles for u in a.utterances]
        self.texts = [u.lower() for u, _ in self.lines]

    def match(self, text):
        best = {}
        for _, score, i in process.extract(text.lower()[:500], self.texts, scorer=fuzz.token_sort_ratio, limit=20):
            a = self.lines[i][1]
            best.setdefault(a.id, Candidate(a, score / 100))
        c = tuple(list(best.values())[:5])
        if c and c[0].score > 0.8:
            return Answer(c[0].article, c)
        return Clarify(c) if c and c[0].score > 0.65 else NoMatch(c)
