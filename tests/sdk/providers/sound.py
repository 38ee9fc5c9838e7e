"""Sounds that hold what is said in them, so that speech can be told apart and heard again."""

import struct

from .refusal import Refusal

MIMES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
_HEADS = {
    "mp3": b"ID3\x04\0\0\0\0\0\0",
    "opus": b"OggS\0\x02",
    "aac": b"\xff\xf1",
    "flac": b"fLaC",
    "pcm": b"",
}
_WAV_HEAD = 44
_RATE = 16_000


def made(format, words):
    """A sound of this format, in which these words are said."""
    data = words.encode()
    if format != "wav":
        return _HEADS[format] + data
    # One channel of 16 bits.
    data += b" " * (len(data) % 2)
    form = struct.pack("<IHHIIHH", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
    rest = b"WAVEfmt " + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(rest)) + rest


def heard(data, path):
    """The words in a sound of a format that can be told by its first bytes."""
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        words = data[_WAV_HEAD:]
    else:
        heads = [head for head in _HEADS.values() if head and data.startswith(head)]
        if not heads:
            raise Refusal(400, "Invalid file format: no sound that is known here", path)
        words = data[len(heads[0]) :]
    try:
        return words.decode().strip()
    except UnicodeDecodeError as error:
        raise Refusal(400, "Audio file might be corrupted or unsupported", path) from error
