"""OpenAI's chat completions, strict as the service, and what other servers make of them.

The same server has OpenAI's older completions and its services beside chat, each in a file of its
own.
"""

import secrets

from . import completions, embeddings, mind, openai, pictures, speech, transcriptions, voice
from .chat_request import ask_of, check
from .refusal import Refusal

NAME = "openai"
BASE = "/v1"
VARIANTS = ["comments", "no-index", "repeats", "usage-everywhere", "reasoning", "no-done"]
BEHAVIOURS = [*mind.BEHAVIOURS, *VARIANTS]
FINISH = {"stop": "stop", "tools": "tool_calls", "length": "length"}
_OTHERS = {
    "/v1/completions": completions,
    "/v1/embeddings": embeddings,
    "/v1/images/generations": pictures,
    "/v1/audio/speech": speech,
    "/v1/audio/transcriptions": transcriptions,
}


def take(call):
    """Answers a request or refuses it."""
    openai.check_credential(call)
    if call.method == "POST" and call.path in _OTHERS:
        _OTHERS[call.path].take(call)
        return
    if (call.method, call.path) != ("POST", "/v1/chat/completions"):
        raise Refusal(404, f"there is no {call.method} {call.path} here")
    body = call.body
    check(body)
    behaviour = mind.behaviour_of(body["model"], NAME, BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    answer = mind.answer(behaviour, ask_of(body))
    if body.get("stream"):
        speaker = _Voice(body, behaviour)
        voice.say_streamed(call, behaviour, "text/event-stream", speaker, answer)
    else:
        voice.say_whole(call, behaviour, _completion(body, behaviour, answer))


refused = openai.refused


def _head(body, kind):
    return {
        "id": f"chatcmpl-{secrets.token_hex(8)}",
        "object": kind,
        "created": 1,
        "model": body["model"],
        "system_fingerprint": "fp_scripted",
    }


def _usage(used):
    return {
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": used.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _call(tool_use):
    function = {"name": tool_use.name, "arguments": tool_use.spelled()}
    return {"id": f"call_{secrets.token_hex(8)}", "type": "function", "function": function}


def _thought_field(behaviour):
    return "reasoning" if behaviour == "reasoning" else "reasoning_content"


def _completion(body, behaviour, answer):
    choices = []
    for index in range(body.get("n") or 1):
        message = {"role": "assistant", "content": answer.text(), "refusal": None}
        if answer.thought:
            message[_thought_field(behaviour)] = answer.thought
        if answer.calls:
            message["content"] = None
            message["tool_calls"] = [_call(tool_use) for tool_use in answer.calls]
        finish = FINISH[answer.stop]
        choice = {"index": index, "message": message, "logprobs": None, "finish_reason": finish}
        choices.append(choice)
    rest = {"choices": choices, "usage": _usage(answer.usage), "service_tier": "default"}
    return _head(body, "chat.completion") | rest


class _Voice:
    def __init__(self, body, behaviour):
        self.behaviour = behaviour
        self.choices = range(body.get("n") or 1)
        self.head = _head(body, "chat.completion.chunk")
        self.asks_usage = bool((body.get("stream_options") or {}).get("include_usage"))

    def begin(self):
        return self._delta({"role": "assistant", "content": "", "refusal": None})

    def thought(self, text):
        field = _thought_field(self.behaviour)
        return b"".join(self._delta({field: piece}) for piece in voice.halves(text))

    def text(self, piece):
        return self._delta({"content": piece})

    def call(self, at, tool_use):
        whole = _call(tool_use)
        first = whole | {"function": {"name": tool_use.name, "arguments": ""}}
        deltas = [first]
        for piece in voice.halves(tool_use.spelled()):
            if self.behaviour == "repeats":
                deltas.append(whole | {"function": {"name": tool_use.name, "arguments": piece}})
            else:
                deltas.append({"function": {"arguments": piece}})
        index = {} if self.behaviour == "no-index" else {"index": at}
        return b"".join(self._delta({"tool_calls": [index | delta]}) for delta in deltas)

    def end(self, answer):
        out = self._delta({}, FINISH[answer.stop])
        if self.asks_usage or self.behaviour == "usage-everywhere":
            out += voice.event(self.head | {"choices": [], "usage": _usage(answer.usage)})
        return out if self.behaviour == "no-done" else out + b"data: [DONE]\n\n"

    def fail(self, words):
        error = {"message": words, "type": "server_error", "param": None, "code": None}
        return voice.event({"error": error})

    def _delta(self, delta, finish=None):
        usage = {}
        if self.behaviour == "usage-everywhere":
            usage = {"usage": _usage(mind.Usage(output=1 if finish is None else 3))}
        elif self.asks_usage:
            usage = {"usage": None}
        out = b""
        for index in self.choices:
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            out += voice.event(self.head | {"choices": [choice]} | usage)
        return out
