"""What every SDK is asked to do where texts become vectors."""

from dataclasses import dataclass

from .caller import FAILURES, Caller

# Three tokens, seven and one; quotes, a line's end and letters beyond ASCII are text like any other.
TEXTS = ["the first lorry", "a second, “heavier” one\nof two \\ three", "重量"]
TOKENS = [[101, 7592, 102], [5]]
SHORT = 3
CASES = ("one", "several", "shorter", *FAILURES)


@dataclass
class Vectors:
    """What came back. `tokens` is what was used, where the SDK's reply says it."""

    vectors: list
    tokens: int | None = None


class Embedder(Caller):
    """An SDK. Each of its methods is one thing that its users do, and gives vectors.

    `one` asks for that of a text, `several` for those of texts, and `shorter` for so many numbers of
    each. `cases` names what is asked of the SDK.
    """

    service = "embed"
    cases = CASES

    def one(self, model, text):
        raise NotImplementedError

    def ask(self, model):
        """Whatever call, to see it fail."""
        self.one(model, TEXTS[0])
