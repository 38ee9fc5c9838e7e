"""Ollama's own API: chat and generate, as lines of JSON, and vectors, strict as no server of it."""

import secrets

from . import mind, ollama_embedding, voice
from .ollama_request import ask_of_chat, ask_of_prompt, check_chat, check_prompt
from .refusal import Refusal

NAME = "ollama"
BASE = ""
BEHAVIOURS = mind.BEHAVIOURS
DONE = {"stop": "stop", "tools": "stop", "length": "length"}
_LINES = "application/x-ndjson"


def take(call):
    """Answers a request or refuses it."""
    if not call.bearer():
        raise Refusal(401, "unauthorized")
    route = (call.method, call.path)
    if call.method == "POST" and call.path in ollama_embedding.PATHS:
        ollama_embedding.take(call)
        return
    if route not in (("POST", "/api/chat"), ("POST", "/api/generate")):
        raise Refusal(404, f"there is no {call.method} {call.path} here")
    body, is_chat = call.body, call.path == "/api/chat"
    (check_chat if is_chat else check_prompt)(body)
    behaviour = mind.behaviour_of(body["model"], NAME, BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    answer = mind.answer(behaviour, (ask_of_chat if is_chat else ask_of_prompt)(body))
    speaker = (_ChatVoice if is_chat else _PromptVoice)(body["model"])
    if body.get("stream", True):
        voice.say_streamed(call, behaviour, _LINES, speaker, answer)
    else:
        voice.say_whole(call, behaviour, speaker.whole(answer))


def refused(refusal):
    """Status, body and headers of a refusal. An overloaded server says 503."""
    status = 503 if refusal.status == 529 else refusal.status
    where = refusal.bracketed()
    words = f"{where}: {refusal.words}" if where else refusal.words
    return status, {"error": words}, {}


def _counts(answer):
    """Tokens, and times in nanoseconds. What came from a cache has no place there."""
    return {
        "done": True,
        "done_reason": DONE[answer.stop],
        "total_duration": 5000000,
        "load_duration": 1000000,
        "prompt_eval_count": answer.usage.input,
        "prompt_eval_duration": 1000000,
        "eval_count": answer.usage.output,
        "eval_duration": 3000000,
    }


class _Voice:
    """The lines of a stream."""

    def __init__(self, model):
        self.head = {"model": model, "created_at": "2026-01-02T03:04:05.678901234Z"}

    def begin(self):
        return b""

    def thought(self, text):
        return b"".join(self._line(thinking=piece) for piece in voice.halves(text))

    def text(self, piece):
        return self._line(content=piece)

    def call(self, at, tool_use):
        return self._line(tool_calls=[_call(at, tool_use)])

    def end(self, answer):
        return self._written(self.said() | _counts(answer))

    def fail(self, words):
        return voice.spelled({"error": words}).encode() + b"\n"

    def whole(self, answer):
        said = {"content": answer.text()}
        if answer.thought:
            said["thinking"] = answer.thought
        if answer.calls:
            said["tool_calls"] = [_call(at, it) for at, it in enumerate(answer.calls)]
        return self.head | self.said(**said) | _counts(answer)

    def _line(self, **said):
        return self._written(self.said(**said) | {"done": False})

    def _written(self, rest):
        return voice.spelled(self.head | rest).encode() + b"\n"


class _ChatVoice(_Voice):
    def said(self, **said):
        return {"message": {"role": "assistant", "content": ""} | said}


class _PromptVoice(_Voice):
    def said(self, content="", **said):
        return {"response": content} | said


def _call(at, tool_use):
    function = {"index": at, "name": tool_use.name, "arguments": tool_use.arguments}
    return {"id": f"call_{secrets.token_hex(4)}", "function": function}
