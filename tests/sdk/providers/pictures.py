"""OpenAI's images, strict as the service. A picture holds the prompt that it was made of."""

import base64
import struct
import zlib

from . import form, mind, vector, voice

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
        "quality": form.nullable(form.words("low", "medium", "high", "auto")),
        # What models of before took, and what SDKs still say to models that they do not know.
        "response_format": form.nullable(form.words("b64_json")),
        "safety_identifier": form.nullable(form.text),
        "size": form.nullable(_SIZE),
        "user": form.text,
    },
)


def take(call):
    """Answers a request or refuses it."""
    body = call.body
    _BODY(body, ())
    behaviour = mind.behaviour_of(body["model"], NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    voice.say_whole(call, behaviour, _reply(body))


def _reply(body):
    many, prompt = body.get("n") or 1, body["prompt"]
    pictures = [base64.b64encode(made(prompt, index)).decode() for index in range(many)]
    read, drawn = vector.count(prompt), many * TOKENS_EACH
    return {
        "created": 1,
        "background": "opaque",
        "data": [{"b64_json": picture} for picture in pictures],
        "output_format": "png",
        "quality": "medium",
        "size": "1024x1024",
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": read},
            "output_tokens": drawn,
            "total_tokens": read + drawn,
        },
    }
