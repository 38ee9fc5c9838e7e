"""Gemini's generateContent, strict as the service, and the way to its vectors."""

import re
import secrets

from . import gemini_embedding, mind, voice
from .gemini_request import SIGNATURE, ask_of, check, check_count
from .refusal import Refusal
from .server import SECRET

NAME = "gemini"
BASE = ""
BEHAVIOURS = [*mind.BEHAVIOURS, "comments"]
FINISH = {"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS"}
# The SDK's newest versions say `v1`, everybody else `v1beta`.
_VERBS = ("generateContent", "streamGenerateContent", "countTokens", *gemini_embedding.VERBS)
_ROUTE = re.compile(rf"/v1(?:beta)?/models/([^/:]+):({'|'.join(_VERBS)})")
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def take(call):
    """Answers a request or refuses it."""
    if call.headers.get("x-goog-api-key") != SECRET:
        raise Refusal(401, "API key not valid. Please pass a valid API key.")
    route = _ROUTE.fullmatch(call.path)
    if not route or call.method != "POST":
        raise Refusal(404, f"there is no {call.method} {call.path} here")
    model, verb = route.groups()
    body = call.body
    if verb in gemini_embedding.VERBS:
        gemini_embedding.take(call, model, verb)
        return
    if verb == "countTokens":
        check_count(body)
        mind.behaviour_of(model, NAME, BEHAVIOURS)
        call.reply(200, {"totalTokens": mind.Usage().input})
        return
    body = check(body)
    behaviour = mind.behaviour_of(model, NAME, BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    answer = mind.answer(behaviour, ask_of(body))
    if verb == "generateContent":
        voice.say_whole(call, behaviour, _whole(model, answer))
    elif call.query.get("alt") == "sse":
        voice.say_streamed(call, behaviour, "text/event-stream", _Voice(model), answer)
    else:
        raise Refusal(400, "only streams of events are scripted: ?alt=sse")


def refused(refusal):
    """Status, body and headers of a refusal. An overloaded service says 503."""
    status = 503 if refusal.status == 529 else refusal.status
    words = refusal.words
    if refusal.kind == "unknown":
        parent = Refusal(status, "", refusal.path[:-1]).bracketed()
        at = f" at '{parent}'" if parent else ""
        name = refusal.path[-1]
        words = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
    elif refusal.path:
        words = f"* {refusal.bracketed()}: {words}"
    word = _STATUS.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    return status, {"error": {"code": status, "message": words, "status": word}}, {}


def _usage(used):
    """Thoughts stand beside the answer there, what was cached within the prompt."""
    counts = {
        "promptTokenCount": used.input,
        "candidatesTokenCount": used.output - used.reasoning,
        "totalTokenCount": used.input + used.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": used.input}],
    }
    if used.cached:
        counts["cachedContentTokenCount"] = used.cached
    if used.reasoning:
        counts["thoughtsTokenCount"] = used.reasoning
    return counts


def _call(at, tool_use):
    own = {"id": secrets.token_hex(4), "name": tool_use.name, "args": tool_use.arguments}
    part = {"functionCall": own}
    # The first call of a step carries the signature of the thought that led to it.
    return part | {"thoughtSignature": SIGNATURE} if at == 0 else part


def _reply(model, id, parts, finish=None):
    candidate = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": model, "responseId": id}


def _whole(model, answer):
    parts = []
    if answer.thought:
        parts.append({"text": answer.thought, "thought": True})
    if answer.pieces:
        parts.append({"text": answer.text()})
    parts += [_call(at, tool_use) for at, tool_use in enumerate(answer.calls)]
    reply = _reply(model, secrets.token_hex(8), parts, FINISH[answer.stop])
    return reply | {"usageMetadata": _usage(answer.usage)}


class _Voice:
    """The events of a stream: each is a whole reply of its own."""

    def __init__(self, model):
        self.model, self.id = model, secrets.token_hex(8)

    def begin(self):
        return b""

    def thought(self, text):
        pieces = [{"text": piece, "thought": True} for piece in voice.halves(text)]
        return b"".join(self._event([piece]) for piece in pieces)

    def text(self, piece):
        return self._event([{"text": piece}])

    def call(self, at, tool_use):
        return self._event([_call(at, tool_use)])

    def end(self, answer):
        reply = _reply(self.model, self.id, [{"text": ""}], FINISH[answer.stop])
        return _event(reply | {"usageMetadata": _usage(answer.usage)})

    def fail(self, words):
        return _event({"error": {"code": 503, "message": words, "status": "UNAVAILABLE"}})

    def _event(self, parts):
        used = {"promptTokenCount": 9, "totalTokenCount": 9}
        return _event(_reply(self.model, self.id, parts) | {"usageMetadata": used})


def _event(value):
    return voice.event(value, end="\r\n")
