"""OpenAI's embeddings, strict as the service."""

from . import form, mind, vector, voice
from .refusal import Refusal

NAME = "openai"
MOST_ITEMS = 2048


def _said(value, path):
    """A text that says something: the service refuses the empty one."""
    form.text(value, path)
    if not value:
        raise Refusal(400, "'$.input' is invalid: it cannot be an empty string", path)


_TOKENS = form.list_of(form.whole(0), least=1, most=MOST_ITEMS)


def _input(value, path):
    """A text, texts, tokens, or lists of tokens; never a mixture."""
    form.by_kind({str: _said, list: _several})(value, path)


def _several(items, path):
    first = items[0] if items else ""
    kinds = {str: _said, int: form.whole(0), list: _TOKENS}
    for kind, own in kinds.items():
        if isinstance(first, kind):
            form.list_of(own, least=1, most=MOST_ITEMS)(items, path)
            return
    raise Refusal(400, "should be texts or tokens", path, "type")


_BODY = form.record(
    {"model": form.filled, "input": _input},
    {
        "dimensions": form.whole(1, vector.LENGTH),
        "encoding_format": form.words("float", "base64"),
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
    items = _items(body["input"])
    vectors = [_vector(item, body.get("dimensions", vector.LENGTH)) for item in items]
    if body.get("encoding_format") == "base64":
        vectors = [vector.packed(it) for it in vectors]
    tokens = sum(len(item) if isinstance(item, list) else vector.count(item) for item in items)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": it}
            for index, it in enumerate(vectors)
        ],
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _items(given):
    """A text or a list of tokens for each vector."""
    return given if isinstance(given, list) and not isinstance(given[0], int) else [given]


def _vector(item, length):
    return (vector.of_tokens if isinstance(item, list) else vector.of)(item, length)
