"""How an answer is given, whole or piece by piece. What a piece looks like is the flavor's own.

A flavor's voice has `begin()`, `thought(text)`, `text(piece)`, `call(at, tool_use)`, `end(answer)`
and `fail(words)`; each gives the events to send, as bytes.
"""

import itertools
import json

from . import mind
from .refusal import Refusal

# `nested-error` is the same with the error in a member of its own, where a flavor has both ways.
BREAKS = ("mid-error", "nested-error")
COMMENTS = b': keep-alive\n\n: scripted {"comment": "is no event"}\n\n'


def refuse_if_told(behaviour):
    """A model that only ever fails does so now."""
    if behaviour in mind.ERRORS:
        status = mind.ERRORS[behaviour]
        headers = {"retry-after": "3"} if status == 429 else {}
        raise Refusal(status, f"scripted {status}", headers=headers)


def say_whole(call, behaviour, body):
    """Sends a reply that is not streamed."""
    if behaviour in BREAKS:
        raise Refusal(500, "scripted mid-error")
    if behaviour == "slow":
        call.pause(mind.SLOW_MOST)
    call.reply(200, body, cut=behaviour == "cut")


def say_streamed(call, behaviour, media_type, voice, answer):
    """Sends a reply piece by piece."""
    with call.stream(media_type) as stream:
        before = COMMENTS if behaviour == "comments" else b""

        def send(piece):
            stream.send(before + piece)

        send(voice.begin())
        if behaviour in (*BREAKS, "cut", "slow"):
            send(voice.text(mind.WORDS[0]))
        if behaviour in BREAKS:
            send(voice.fail("scripted mid-error"))
            return
        if behaviour == "cut":
            stream.drop()
            return
        if behaviour == "slow":
            _say_slowly(call, send, voice)
        if answer.thought:
            send(voice.thought(answer.thought))
        for piece in answer.pieces:
            send(voice.text(piece))
        for at, tool_use in enumerate(answer.calls):
            send(voice.call(at, tool_use))
        send(voice.end(answer))


def _say_slowly(call, send, voice):
    for at in itertools.count():
        if at * mind.SLOW_PAUSE >= mind.SLOW_MOST:
            return
        call.pause(mind.SLOW_PAUSE)
        send(voice.text("on "))


def event(value, name=None, end="\n"):
    """A server-sent event."""
    head = f"event: {name}{end}" if name else ""
    return f"{head}data: {spelled(value)}{end}{end}".encode()


def spelled(value):
    """JSON with as few spaces as servers write."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def halves(text):
    """A text in two pieces, as arguments come in streams."""
    middle = len(text) // 2
    return [text[:middle], text[middle:]]
