"""What a model answers, whatever flavor it is asked in.

A model's name is its flavor and its behaviour, `gemini-slow`:

`plain`       calls the tools that are offered, sees pictures, keeps to schemas, or says three words
`thinks`      the same, after a thought
`cached`      the same; 4 of the 9 tokens came from a cache, 1 of the 3 was a thought's
`slow`        streams a word every 50 ms until the caller leaves, for 30 s at most
`error-N`     the flavor's own error with that status
`mid-error`   streams one word, then the flavor's own error in the stream
`cut`         streams one word, then drops the connection
`comments`    streams with comment lines before each event, where the flavor streams events
"""

import json
from dataclasses import dataclass, field

from .refusal import Refusal

WORDS = ["Weighed ", "in and ", "out."]
WHOLE = "".join(WORDS)
THOUGHT = "Let me weigh."
STRUCTURE = ['{"city":"Paris",', '"degrees":21}']
TOOL = "get_weather"
ERRORS = {
    "error-400": 400,
    "error-404": 404,
    "error-429": 429,
    "error-500": 500,
    "error-529": 529,
}
BEHAVIOURS = ["plain", "thinks", "cached", "slow", *ERRORS, "mid-error", "cut"]
SLOW_PAUSE = 0.05
SLOW_MOST = 30.0


@dataclass
class Ask:
    """A conversation as the mind sees it."""

    text: str = ""
    """What the last turn of the user says."""
    media: list = field(default_factory=list)
    """Kind and length of what that turn shows."""
    tools: list = field(default_factory=list)
    """The names of the tools that may be called; none where the caller wants none called."""
    wanted: str | None = None
    """The tool that the caller wants called."""
    parallel: bool = True
    """Whether several may be called at once."""
    results: list = field(default_factory=list)
    """What the tools of the last turn came to, in the order of their calls."""
    schema: bool = False
    """Whether the answer has to keep to a schema."""
    limit: int | None = None
    """The most tokens that may be answered."""


@dataclass
class ToolUse:
    """A call of a tool."""

    name: str
    arguments: dict

    def spelled(self):
        """The arguments as a text."""
        return json.dumps(self.arguments)


@dataclass
class Usage:
    """What was used, each total with its parts in it."""

    input: int = 9
    output: int = 3
    cached: int = 0
    reasoning: int = 0


@dataclass
class Answer:
    """What is answered. `stop` is `stop`, `tools` or `length`."""

    pieces: list
    stop: str = "stop"
    calls: list = field(default_factory=list)
    thought: str | None = None
    usage: Usage = field(default_factory=Usage)

    def text(self):
        return "".join(self.pieces)


def behaviour_of(model, flavor, known):
    """What the model's name says that it does."""
    behaviour = model.removeprefix(f"{flavor}-")
    if behaviour == model or behaviour not in known:
        raise Refusal(404, f"the model `{model}` does not exist here", ("model",))
    return behaviour


def answer(behaviour, ask):
    """What a model with this behaviour answers."""
    said = _said(ask)
    if behaviour in ("thinks", "reasoning"):
        said.thought = THOUGHT
    if behaviour == "cached":
        said.usage = Usage(cached=4, reasoning=1)
    return said


def _said(ask):
    if ask.limit is not None and 0 < ask.limit <= 2:
        return Answer(WORDS[:1], "length")
    if ask.results:
        return Answer(["The weather is ", ", ".join(ask.results)])
    if ask.tools:
        return Answer([], "tools", _calls(ask))
    if ask.schema:
        return Answer(list(STRUCTURE))
    if ask.media:
        kinds = [f"{kind} of {length} bytes" for kind, length in ask.media]
        return Answer(["I see ", ", ".join(kinds)])
    return Answer(list(WORDS))


def _calls(ask):
    name = ask.wanted or (TOOL if TOOL in ask.tools else ask.tools[0])
    cities = ["Paris", "Tokyo"] if ask.parallel and "both" in ask.text else ["Paris"]
    return [ToolUse(name, {"city": city}) for city in cities]
