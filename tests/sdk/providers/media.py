"""Pictures, sounds and files: what kind they are by their own first bytes, and how long."""

import base64
import binascii
import re

from .refusal import Refusal

_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def decoded(text, path, url_safe=False):
    """The bytes behind base64 that has every letter where it belongs."""
    if not isinstance(text, str):
        raise Refusal(400, "should be a string", path, "type")
    spelled = text.replace("-", "+").replace("_", "/") if url_safe else text
    try:
        data = base64.b64decode(spelled, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, f"is no valid base64: {error}", path) from error
    if not data:
        raise Refusal(400, "is empty", path)
    return data


def kind_of(data):
    """The media type that the bytes show; nothing where they are none of those known here."""
    if data.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    for start, kind in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"ID3", "audio/mp3"),
        (b"\xff\xfb", "audio/mp3"),
    ):
        if data.startswith(start):
            return kind
    return None


def seen(declared, data, path, allowed=None):
    """What the model sees of it: the kind and the length. The kind has to be the declared one."""
    if allowed and declared not in allowed:
        raise Refusal(400, f"`{declared}` is not taken; {', '.join(allowed)} are", path)
    kind = kind_of(data)
    is_text = declared.startswith("text/")
    if kind is None and not is_text:
        raise Refusal(400, f"the data is no {declared}", path)
    alike = {"audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav"}
    if kind and alike.get(declared, declared) != kind:
        raise Refusal(400, f"the data is {kind} and not the declared {declared}", path)
    return declared, len(data)


def of_url(url, path, allowed=None):
    """What the model sees of a data URL; of any other address, the address's kind alone."""
    if not isinstance(url, str):
        raise Refusal(400, "should be a string", path, "type")
    if url.startswith(("http://", "https://")):
        return "a page", len(url)
    match = _DATA_URL.fullmatch(url)
    if not match:
        raise Refusal(400, "should be an address or a data URL with a media type in base64", path)
    return seen(match[1], decoded(match[2], path), path, allowed)
