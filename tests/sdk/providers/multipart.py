"""Forms in parts, as files are sent: read into the same shape as JSON has.

A field is its text, a field whose name ends in `[]` the list of its texts, and a file an object of
its `filename`, its `media_type` and its bytes in base64, as `data`.
"""

import base64
import re

from .refusal import Refusal

KIND = "multipart/form-data"
_BOUNDARY = re.compile(r'multipart/form-data;.*\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.I)
_PARAMETER = re.compile(r';\s*([a-z-]+\*?)=(?:"([^"]*)"|([^\s;"]+))', re.I)


def parsed(raw, content_type):
    """The fields and files of a body; none but a list twice."""
    match = _BOUNDARY.fullmatch(content_type)
    if not match:
        raise Refusal(400, "the content type has no boundary")
    mark = b"\r\n--" + (match[1] or match[2]).encode()
    # The first mark stands at the very start, or behind words that nobody reads.
    pieces = (b"\r\n" + raw).split(mark)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Refusal(400, "the form does not end with its boundary")
    body = {}
    for piece in pieces[1:-1]:
        name, value = _part(piece)
        if name.endswith("[]") and isinstance(value, str):
            body.setdefault(name, []).append(value)
        elif name in body:
            raise Refusal(400, f"`{name}` stands there twice", (name,))
        else:
            body[name] = value
    return body


def _part(piece):
    """The name and the value of a part."""
    head, end, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not end:
        raise Refusal(400, "a part has no head")
    headers = {}
    for line in head.decode().split("\r\n"):
        field, _, value = line.partition(":")
        headers[field.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    words = {name.lower(): plain or bare for name, plain, bare in _PARAMETER.findall(disposition)}
    if not disposition.lower().startswith("form-data") or not words.get("name"):
        raise Refusal(400, "a part has no name")
    if "filename" not in words:
        try:
            return words["name"], data.decode()
        except UnicodeDecodeError as error:
            raise Refusal(400, "a field is no text", (words["name"],)) from error
    return words["name"], {
        "filename": words["filename"],
        "media_type": headers.get("content-type", "application/octet-stream"),
        "data": base64.b64encode(data).decode(),
    }
