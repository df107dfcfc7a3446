"""PROVISIONAL, until the real one lands."""
from knowledge.loading import load
from knowledge.matcher import Matcher

class Library:
    def __init__(self, folders):
        self.articles, self.problems = load(folders)
        self._by_id = {a.id: a for a in self.articles}
        self._matcher = Matcher(self.articles)

    def reload(self):
        return ()

    def article(self, id_):
        return self._by_id.get(id_)

    def match(self, text, organisation=None, site=None):
        return self._matcher.match(text)
