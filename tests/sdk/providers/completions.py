"""OpenAI's older completions, strict as the service, for one prompt of text."""

import secrets

from . import form, mind, voice

NAME = "openai"
FINISH = {"stop": "stop", "length": "length"}
_BODY = form.record(
    {"model": form.filled, "prompt": form.filled},
    {
        "frequency_penalty": form.number(-2, 2),
        "max_tokens": form.whole(1),
        "n": form.whole(1, 1),
        "presence_penalty": form.number(-2, 2),
        "seed": form.whole(),
        "stop": form.by_kind({str: form.text, list: form.list_of(form.text, most=4)}),
        "stream": form.nullable(form.flag),
        "stream_options": form.record(may={"include_usage": form.flag}),
        "temperature": form.number(0, 2),
        "top_p": form.number(0, 1),
        "user": form.text,
    },
)


def take(call):
    """Answers a request or refuses it."""
    body = call.body
    _BODY(body, ())
    behaviour = mind.behaviour_of(body["model"], NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    answer = mind.answer(behaviour, mind.Ask(text=body["prompt"], limit=body.get("max_tokens")))
    if body.get("stream"):
        speaker = _Voice(body)
        voice.say_streamed(call, behaviour, "text/event-stream", speaker, answer)
    else:
        choice = _choice(answer.text(), FINISH[answer.stop])
        whole = _head(body) | {"choices": [choice], "usage": _usage(answer.usage)}
        voice.say_whole(call, behaviour, whole)


def _head(body):
    id = f"cmpl-{secrets.token_hex(8)}"
    return {"id": id, "object": "text_completion", "created": 1, "model": body["model"]}


def _choice(text, finish):
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}


def _usage(used):
    return {
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
    }


class _Voice:
    def __init__(self, body):
        self.head = _head(body)
        self.asks_usage = bool((body.get("stream_options") or {}).get("include_usage"))

    def begin(self):
        return b""

    def text(self, piece):
        return self._piece(piece)

    def end(self, answer):
        out = self._piece("", FINISH[answer.stop])
        if self.asks_usage:
            out += voice.event(self.head | {"choices": [], "usage": _usage(answer.usage)})
        return out + b"data: [DONE]\n\n"

    def fail(self, words):
        error = {"message": words, "type": "server_error", "param": None, "code": None}
        return voice.event({"error": error})

    def _piece(self, text, finish=None):
        usage = {"usage": None} if self.asks_usage else {}
        return voice.event(self.head | {"choices": [_choice(text, finish)]} | usage)
