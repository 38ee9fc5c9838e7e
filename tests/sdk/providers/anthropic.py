"""Anthropic's messages, strict as the service, in both versions that it has."""

import secrets

from . import mind, voice
from .anthropic_request import SIGNATURE, ask_of, check, check_count
from .refusal import Refusal
from .server import SECRET

NAME = "anthropic"
BASE = ""
BEHAVIOURS = [*mind.BEHAVIOURS, "comments"]
STOP = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens"}
_VERSIONS = ("2023-06-01", "2026-10-21")
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def take(call):
    """Answers a request or refuses it."""
    version = _checked_version(call)
    route = (call.method, call.path)
    if route == ("POST", "/v1/messages/count_tokens"):
        check_count(call.body)
        mind.behaviour_of(call.body["model"], NAME, BEHAVIOURS)
        call.reply(200, {"input_tokens": mind.Usage().input})
        return
    if route != ("POST", "/v1/messages"):
        raise Refusal(404, f"there is no {call.method} {call.path} here")
    body = call.body
    check(body, version)
    behaviour = mind.behaviour_of(body["model"], NAME, BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    answer = mind.answer(behaviour, ask_of(body))
    if body.get("stream"):
        voice.say_streamed(call, behaviour, "text/event-stream", _Voice(body), answer)
    else:
        voice.say_whole(call, behaviour, _message(body, answer))


def _checked_version(call):
    # The SDK's newest versions send the key as a bearer's, everybody else as `x-api-key`.
    if call.headers.get("x-api-key") != SECRET and not call.bearer():
        raise Refusal(401, "invalid x-api-key")
    version = call.headers.get("anthropic-version")
    if version not in _VERSIONS:
        raise Refusal(400, "anthropic-version: a known version is required")
    return version


def refused(refusal):
    """Status, body and headers of a refusal."""
    where = refusal.dotted()
    words = {"unknown": "Extra inputs are not permitted", "missing": "Field required"}.get(
        refusal.kind, refusal.words
    )
    return (
        refusal.status,
        {
            "type": "error",
            "error": {
                "type": _KINDS.get(refusal.status, "api_error"),
                "message": f"{where}: {words}" if where else words,
            },
            "request_id": "req_scripted",
        },
        {"request-id": "req_scripted"},
    )


def _usage(used, output=None):
    """What is read from a cache stands beside the other input there."""
    return {
        "input_tokens": used.input - used.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": used.cached,
        "output_tokens": used.output if output is None else output,
    } | ({"output_tokens_details": {"thinking_tokens": used.reasoning}} if used.reasoning else {})


def _head(body):
    return {
        "id": f"msg_{secrets.token_hex(8)}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _tool_use(tool_use):
    return {
        "type": "tool_use",
        "id": f"toolu_{secrets.token_hex(8)}",
        "name": tool_use.name,
        "input": tool_use.arguments,
    }


def _message(body, answer):
    content = []
    if answer.thought:
        block = {"type": "thinking", "thinking": answer.thought, "signature": SIGNATURE}
        content.append(block)
    if answer.pieces:
        content.append({"type": "text", "text": answer.text()})
    content += [_tool_use(tool_use) for tool_use in answer.calls]
    rest = {"content": content, "stop_reason": STOP[answer.stop], "usage": _usage(answer.usage)}
    return _head(body) | rest


class _Voice:
    """The events of a stream; one block is open at a time."""

    def __init__(self, body):
        self.head = _head(body)
        self.cached = mind.answer(body["model"].removeprefix(f"{NAME}-"), mind.Ask()).usage
        self.index = 0
        self.speaks = False

    def begin(self):
        start = self.head | {"usage": _usage(self.cached, output=1)}
        return _event("message_start", message=start) + _event("ping")

    def thought(self, text):
        out = self._open({"type": "thinking", "thinking": "", "signature": ""})
        for piece in voice.halves(text):
            out += self._delta({"type": "thinking_delta", "thinking": piece})
        out += self._delta({"type": "signature_delta", "signature": SIGNATURE})
        return out + self._close()

    def text(self, piece):
        out = b""
        if not self.speaks:
            self.speaks = True
            out += self._open({"type": "text", "text": ""})
        return out + self._delta({"type": "text_delta", "text": piece})

    def call(self, _at, tool_use):
        out = self._end_text()
        out += self._open(_tool_use(tool_use) | {"input": {}})
        for piece in ["", *voice.halves(tool_use.spelled())]:
            out += self._delta({"type": "input_json_delta", "partial_json": piece})
        return out + self._close()

    def end(self, answer):
        delta = {"stop_reason": STOP[answer.stop], "stop_sequence": None}
        out = self._end_text()
        out += _event("message_delta", delta=delta, usage=_usage(answer.usage))
        return out + _event("message_stop")

    def fail(self, words):
        return _event("error", error={"type": "overloaded_error", "message": words})

    def _end_text(self):
        out = self._close() if self.speaks else b""
        self.speaks = False
        return out

    def _open(self, block):
        return _event("content_block_start", index=self.index, content_block=block)

    def _delta(self, delta):
        return _event("content_block_delta", index=self.index, delta=delta)

    def _close(self):
        self.index += 1
        return _event("content_block_stop", index=self.index - 1)


def _event(name, **rest):
    return voice.event({"type": name} | rest, name)
