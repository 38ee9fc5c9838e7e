"""Ollama's embed, and embeddings, its older name and shape; strict as no server of it is."""

from . import form, mind, vector, voice
from .ollama_request import KEEP_ALIVE, OPTIONS

NAME = "ollama"
PATHS = ("/api/embed", "/api/embeddings")

_MAY = {"keep_alive": KEEP_ALIVE, "options": OPTIONS}
_EMBED = form.record(
    {"model": form.filled, "input": form.by_kind({str: form.text, list: form.list_of(form.text)})},
    _MAY | {"truncate": form.flag, "dimensions": form.whole(0, vector.LENGTH)},
)
_OLDER = form.record({"model": form.filled, "prompt": form.text}, _MAY)


def take(call):
    """Answers a request or refuses it."""
    body, is_older = call.body, call.path == "/api/embeddings"
    (_OLDER if is_older else _EMBED)(body, ())
    behaviour = mind.behaviour_of(body["model"], NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    voice.say_whole(call, behaviour, _older_reply(body) if is_older else _reply(body))


def _reply(body):
    given = body["input"]
    texts = given if isinstance(given, list) else [given]
    # The server takes nought for nothing said.
    length = body.get("dimensions") or vector.LENGTH
    return {
        "model": body["model"],
        "embeddings": [vector.short(vector.of(text, length)) for text in texts],
        "total_duration": 5000000,
        "load_duration": 1000000,
        "prompt_eval_count": sum(vector.count(text) for text in texts),
    }


def _older_reply(body):
    """It says nothing of what was used."""
    return {"embedding": vector.short(vector.of(body["prompt"]))}
