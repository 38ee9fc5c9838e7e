"""What a provider does not take: the status, the words, and where in the body."""


class Refusal(Exception):
    """A request that is refused. Each flavor has its own words and body for it.

    `path` is the way to the member at fault, names and numbers. `kind` is what is wrong with it:
    `unknown`, `missing`, `type` or `value`.
    """

    def __init__(self, status, words, path=(), kind="value", headers=None):
        super().__init__(words)
        self.status = status
        self.words = words
        self.path = tuple(path)
        self.kind = kind
        self.headers = headers or {}

    def dotted(self):
        """`messages.0.content`"""
        return ".".join(str(step) for step in self.path)

    def bracketed(self):
        """`messages[0].content`"""
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path]
        return "".join(steps).removeprefix(".")
