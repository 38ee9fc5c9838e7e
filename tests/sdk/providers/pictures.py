"""OpenAI's images, strict as the service. A picture holds the prompt that it was made of."""

import base64
import struct
import zlib

from . import form, mind, vector, voice
from .refusal import Refusal

NAME = "openai"
TOKENS_EACH = 16


def made(prompt, index):
    """A picture of one dot that says what it was made of, and which of several it is."""

    def chunk(kind, data):
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    said = chunk(b"iTXt", b"Title\0\0\0\0\0" + f"{index}: {prompt}".encode())
    dots = chunk(b"IDAT", zlib.compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + said + dots + chunk(b"IEND", b"")


_SIZE = form.matching(r"auto|[1-9][0-9]{1,3}x[1-9][0-9]{1,3}")
_BODY = form.record(
    {"model": form.filled, "prompt": form.filled},
    {
        "background": form.nullable(form.words("transparent", "opaque", "auto")),
        "moderation": form.nullable(form.words("low", "auto")),
        "n": form.nullable(form.whole(1, 10)),
        "output_compression": form.nullable(form.whole(0, 100)),
        "output_format": form.nullable(form.words("png")),
        "partial_images": form.nullable(form.whole(0, 3)),
        "quality": form.nullable(form.words("low", "medium", "high", "auto")),
        # What models of before took, and what SDKs still say to models that they do not know.
        "response_format": form.nullable(form.words("b64_json")),
        "safety_identifier": form.nullable(form.text),
        "size": form.nullable(_SIZE),
        "stream": form.nullable(form.flag),
        "user": form.text,
    },
)


def take(call):
    """Answers a request or refuses it."""
    body = call.body
    _BODY(body, ())
    streamed = body.get("stream")
    if body.get("partial_images") and not streamed:
        raise Refusal(400, "is only taken with `stream`", ("partial_images",))
    behaviour = mind.behaviour_of(body["model"], NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    if streamed:
        _draw_streamed(call, behaviour, body)
    else:
        voice.say_whole(call, behaviour, _reply(body))


_LOOK = {"background": "opaque", "output_format": "png", "quality": "medium", "size": "1024x1024"}


def _reply(body):
    many = body.get("n") or 1
    data = [{"b64_json": _spelled(body, index)} for index in range(many)]
    return _LOOK | {"created": 1, "data": data, "usage": _usage(body, many)}


def _draw_streamed(call, behaviour, body):
    """Pictures that are not done yet, and the one that is."""
    partial = body.get("partial_images") or 0
    with call.stream("text/event-stream") as stream:
        for index in range(partial):
            seen = {"b64_json": _spelled(body, index), "partial_image_index": index}
            stream.send(_event("partial_image", seen))
            if behaviour == "cut":
                stream.drop()
                return
        done = {"b64_json": _spelled(body, partial), "usage": _usage(body, 1)}
        stream.send(_event("completed", done))


def _event(name, rest):
    name = f"image_generation.{name}"
    return voice.event({"type": name, "created_at": 1} | _LOOK | rest, name)


def _spelled(body, index):
    return base64.b64encode(made(body["prompt"], index)).decode()


def _usage(body, many):
    read, drawn = vector.count(body["prompt"]), many * TOKENS_EACH
    return {
        "input_tokens": read,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": read},
        "output_tokens": drawn,
        "total_tokens": read + drawn,
    }
