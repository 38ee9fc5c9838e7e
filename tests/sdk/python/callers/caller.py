"""What every SDK is asked to do, and what it has to give back for it."""

import struct
import zlib
from dataclasses import dataclass

PROMPT = "How much does it weigh?"
SYSTEM = "You are a weighbridge."
ONE_CITY = "What is the weather in Paris?"
BOTH_CITIES = "What is the weather in both Paris and Tokyo?"
SEE = "What do you see?"
STRUCTURE = "Give me the weather in Paris as json."
LIMIT = 100
TEMPERATURE = 0.5

TOOL = "get_weather"
TOOL_TEXT = "Says what the weather is."
TOOL_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Which city"}},
    "required": ["city"],
}
WEATHER = {"Paris": "18 degrees", "Tokyo": "21 degrees"}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}

# The cases in which a service beside chat fails, whatever is asked of it.
FAILURES = ("error_400", "error_404", "error_429", "error_500", "cut")


def _png():
    """A picture of one white dot."""

    def chunk(kind, data):
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PNG = _png()


@dataclass
class Reply:
    """What came back. `stop` is `stop`, `tools` or `length`; `usage` is tokens in and out."""

    text: str
    stop: str
    usage: tuple


@dataclass
class Talk:
    """What the model called, as pairs of a name and its arguments, and what it said at the end."""

    calls: list
    stop: str
    reply: Reply


class StreamFailed(Exception):
    """A stream said that it failed, in an event that its SDK passes on like any other."""


class Caller:
    """An SDK. Each of its methods is one thing that its users do.

    `text` and `stream` ask a question, the latter with a list for the pieces as they come; `tools`
    answers the model's calls, whole or streamed; `image` shows a picture; `structured` wants JSON;
    `leave` goes away after the first piece and gives that piece.

    `errors` has the exception that the SDK's users expect with each status, and `broken` the one
    for an error in a stream. `flavor` is the flavor of the providers that need no conversion.
    """

    name = ""
    flavor = ""
    errors = {}
    broken = Exception
    shows_headers = True

    def __init__(self, root, key):
        raise NotImplementedError

    def status(self, error):
        """The HTTP status of an error."""
        return error.status_code

    def retry_after(self, error):
        """What an error says about when to come back, where the SDK `shows_headers`."""
        return error.response.headers.get("retry-after")

    def close(self):
        raise NotImplementedError


def in_reverse(calls):
    """Calls in another order than they came in: results belong to them by their ids."""
    return list(reversed(calls))
