"""OpenAI's speech, strict as the service. It is answered with the sound itself, piece by piece, or
with events that hold its pieces.
"""

import base64

from . import form, mind, sound, vector, voice
from .refusal import Refusal

NAME = "openai"
VOICES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "fable",
    "onyx",
    "nova",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)
MOST_CHARACTERS = 4096
TOKENS_OF_SOUND = 20


def _input(value, path):
    form.filled(value, path)
    if len(value) > MOST_CHARACTERS:
        raise Refusal(400, f"should have at most {MOST_CHARACTERS} characters", path)


_BODY = form.record(
    {"model": form.filled, "input": _input, "voice": form.words(*VOICES)},
    {
        "instructions": form.text,
        "response_format": form.words(*sound.MIMES),
        "speed": form.number(0.25, 4),
        "stream_format": form.words("audio", "sse"),
    },
)


def said(body):
    """What is said in the sound: the text, and by whom and how."""
    how = [body["voice"], f"speed {body['speed']:g}" if "speed" in body else None]
    how.append(body.get("instructions"))
    return f"{', '.join(word for word in how if word)}: {body['input']}"


def take(call):
    """Answers a request or refuses it."""
    body = call.body
    _BODY(body, ())
    behaviour = mind.behaviour_of(body["model"], NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    format = body.get("response_format", "mp3")
    whole = sound.made(format, said(body))
    in_events = body.get("stream_format") == "sse"
    with call.stream("text/event-stream" if in_events else sound.MIMES[format]) as stream:
        for piece in voice.halves(whole):
            stream.send(_delta(piece) if in_events else piece)
            if behaviour == "cut":
                stream.drop()
                return
        if in_events:
            stream.send(voice.event({"type": "speech.audio.done", "usage": _usage(body)}))


def _delta(piece):
    spelled = base64.b64encode(piece).decode()
    return voice.event({"type": "speech.audio.delta", "audio": spelled})


def _usage(body):
    read, said = vector.count(body["input"]), TOKENS_OF_SOUND
    return {"input_tokens": read, "output_tokens": said, "total_tokens": read + said}
