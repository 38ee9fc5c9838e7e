"""Vectors that tell their texts apart: the same text has always the same one, and no other."""

import base64
import hashlib
import struct

LENGTH = 8


def of(text, length=LENGTH):
    """The vector of a text: so many numbers of 32 bits, cut from the end where fewer are wanted."""
    digest = hashlib.sha256(text.encode()).digest()
    numbers = struct.unpack(f"<{LENGTH}h", digest[: 2 * LENGTH])
    return [_single(number / 30000) for number in numbers][:length]


def of_tokens(tokens, length=LENGTH):
    """The vector of a text that is given as the numbers of its tokens."""
    return of("tokens " + " ".join(str(token) for token in tokens), length)


def count(text):
    """How many tokens a text has: its words."""
    return len(text.split())


def packed(vector):
    """Base64 of the numbers, little-endian and of 32 bits each."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def short(vector):
    """The numbers with as few digits as tell them apart, as servers in Go and C++ write them."""
    return [float(f"{number:.9g}") for number in vector]


def _single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]
