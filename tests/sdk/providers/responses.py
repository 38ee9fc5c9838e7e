"""OpenAI's responses, strict as the service. Nothing is kept from one call to the next."""

import secrets

from . import mind, openai, voice
from .refusal import Refusal
from .responses_request import ask_of, check

NAME = "responses"
BASE = "/v1"
BEHAVIOURS = [*mind.BEHAVIOURS, "comments", "failed", "nested-error"]


def take(call):
    """Answers a request or refuses it."""
    openai.check_credential(call)
    if (call.method, call.path) != ("POST", "/v1/responses"):
        raise Refusal(404, f"there is no {call.method} {call.path} here")
    body = call.body
    check(body)
    behaviour = mind.behaviour_of(body["model"], NAME, BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    answer = mind.answer(behaviour, ask_of(body))
    if body.get("stream"):
        speaker = _Voice(body, behaviour)
        voice.say_streamed(call, behaviour, "text/event-stream", speaker, answer)
        return
    head, status = _head(body), _status(answer)
    output = [_done(item) for item in _items(answer)]
    if behaviour == "failed":
        status, output = _failed("scripted failed"), []
    voice.say_whole(call, behaviour, head | status | {"output": output, "usage": _usage(answer)})


refused = openai.refused


def _head(body):
    """What every response says of the call it answers."""
    return {
        "id": f"resp_{secrets.token_hex(8)}",
        "object": "response",
        "created_at": 1,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": None,
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None} | (body.get("reasoning") or {}),
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": body.get("temperature", 1.0),
        "text": {"format": {"type": "text"}} | body.get("text", {}),
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
        "user": body.get("user"),
    }


def _status(answer):
    if answer.stop == "length":
        return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    return {"status": "completed", "completed_at": 2}


def _failed(words):
    return {"status": "failed", "error": {"code": "server_error", "message": words}}


def _usage(answer):
    used = answer.usage
    return {
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cached, "cache_write_tokens": 0},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.input + used.output,
    }


def _items(answer):
    """The items of an answer, each as far as it stands before anything of it is said."""
    if answer.thought:
        yield _thought_item(), answer.thought
    if answer.pieces:
        yield _message_item(), answer.text()
    for tool_use in answer.calls:
        yield _call_item(tool_use), tool_use.spelled()


def _thought_item():
    return {"id": f"rs_{secrets.token_hex(8)}", "type": "reasoning", "summary": []}


def _message_item():
    return {
        "id": f"msg_{secrets.token_hex(8)}",
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }


def _call_item(tool_use):
    return {
        "id": f"fc_{secrets.token_hex(8)}",
        "type": "function_call",
        "status": "in_progress",
        "call_id": f"call_{secrets.token_hex(8)}",
        "name": tool_use.name,
        "arguments": "",
    }


def _part(text):
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _done(pair):
    """An item with all that was said in it."""
    item, text = pair
    if item["type"] == "reasoning":
        return item | {"summary": [{"type": "summary_text", "text": text}]}
    if item["type"] == "function_call":
        return item | {"arguments": text, "status": "completed"}
    return item | {"content": [_part(text)], "status": "completed"}


class _Voice:
    """The events of a stream, numbered through."""

    def __init__(self, body, behaviour):
        self.head = _head(body)
        self.behaviour = behaviour
        self.number = 0
        self.output = []
        self.message = None
        self.said = ""

    def begin(self):
        return self._event("created", response=self.head) + self._event(
            "in_progress", response=self.head
        )

    def thought(self, text):
        item = _thought_item()
        at = {"item_id": item["id"], "output_index": len(self.output), "summary_index": 0}
        empty, part = ({"type": "summary_text", "text": it} for it in ("", text))
        out = self._added(item)
        out += self._event("reasoning_summary_part.added", part=empty, **at)
        for piece in voice.halves(text):
            out += self._event("reasoning_summary_text.delta", delta=piece, **at)
        out += self._event("reasoning_summary_text.done", text=text, **at)
        out += self._event("reasoning_summary_part.done", part=part, **at)
        return out + self._item_done(item, text)

    def text(self, piece):
        out = b""
        if self.message is None:
            self.message = _message_item()
            out += self._added(self.message)
            out += self._event("content_part.added", part=_part(""), **self._place())
        self.said += piece
        return out + self._event("output_text.delta", delta=piece, logprobs=[], **self._place())

    def call(self, _at, tool_use):
        out = self._end_message()
        item, whole = _call_item(tool_use), tool_use.spelled()
        at = {"item_id": item["id"], "output_index": len(self.output)}
        out += self._added(item)
        for piece in voice.halves(whole):
            out += self._event("function_call_arguments.delta", delta=piece, **at)
        out += self._event("function_call_arguments.done", arguments=whole, **at)
        return out + self._item_done(item, whole)

    def end(self, answer):
        if self.behaviour == "failed":
            failed = self.head | _failed("scripted failed")
            return self._event("failed", response=failed)
        out = self._end_message()
        status = _status(answer)
        rest = {"output": self.output, "usage": _usage(answer)}
        return out + self._event(status["status"], response=self.head | status | rest)

    def fail(self, words):
        error = {"code": "server_error", "message": words, "param": None}
        if self.behaviour == "nested-error":
            error = {"error": {"type": "server_error"} | error}
        value = {"type": "error", "sequence_number": self.number} | error
        return voice.event(value, "error")

    def _place(self):
        return {
            "item_id": self.message["id"],
            "output_index": len(self.output),
            "content_index": 0,
        }

    def _end_message(self):
        if self.message is None:
            return b""
        out = self._event("output_text.done", text=self.said, logprobs=[], **self._place())
        out += self._event("content_part.done", part=_part(self.said), **self._place())
        item, self.message = self.message, None
        return out + self._item_done(item, self.said)

    def _added(self, item):
        return self._event("output_item.added", output_index=len(self.output), item=item)

    def _item_done(self, item, text):
        whole = _done((item, text))
        out = self._event("output_item.done", output_index=len(self.output), item=whole)
        self.output.append(whole)
        return out

    def _event(self, name, **rest):
        name = f"response.{name}"
        out = voice.event({"type": name, "sequence_number": self.number} | rest, name)
        self.number += 1
        return out
