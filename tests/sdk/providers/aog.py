"""AOG's services beside chat, strict as no gateway of it is. There is no SDK that speaks to it."""

import base64
import secrets

from . import form, media, mind, pictures, sound, vector, voice
from .refusal import Refusal
from .transcriptions import seconds

NAME = "aog"
BASE = ""
BEHAVIOURS = mind.BEHAVIOURS
_ROOT = "/aog/v0.2/services/"
_SIZE = form.matching(r"[1-9][0-9]{1,3}\*[1-9][0-9]{1,3}")


def _embed(body):
    length = body.get("dimensions", vector.LENGTH)
    vectors = [vector.short(vector.of(text, length)) for text in body["input"]]
    items = [{"index": index, "embedding": it} for index, it in enumerate(vectors)]
    tokens = sum(vector.count(text) for text in body["input"])
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"model": body["model"], "data": items, "usage": usage}


def _draw(body):
    """Each picture is at an address, which holds it."""
    made = [pictures.made(body["prompt"], index) for index in range(body.get("n", 1))]
    return {"url": [_address("image/png", picture) for picture in made]}


def _say(body):
    """It has its own format, whatever is asked for."""
    words = f"{body.get('voice', 'female')}: {body['text']}"
    return {"data": {"url": _address("audio/wav", sound.made("wav", words))}}


def _hear(body):
    """Segments alone, with the times of a clock."""
    words = sound.heard(media.decoded(body["audio"], ("audio",)), ("audio",))
    end = seconds(words)
    clock = f"00:00:{int(end):02}.{int(end % 1 * 1000):03}"
    return {"segments": [{"id": 0, "start": "00:00:00.000", "end": clock, "text": words}]}


def _address(kind, data):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


_MODEL = {"model": form.filled}
_SERVICES = {
    "embed": (
        form.record(
            _MODEL | {"input": form.list_of(form.text, least=1)},
            {"dimensions": form.whole(1, vector.LENGTH)},
        ),
        _embed,
    ),
    "text-to-image": (
        form.record(
            _MODEL | {"prompt": form.filled},
            {
                "n": form.whole(1, 4),
                "num_inference_steps": form.whole(1),
                "seed": form.whole(0),
                "size": _SIZE,
            },
        ),
        _draw,
    ),
    "text-to-speech": (
        form.record(_MODEL | {"text": form.filled}, {"voice": form.filled}),
        _say,
    ),
    "speech-to-text": (
        form.record(_MODEL | {"audio": form.filled}, {"language": form.filled}),
        _hear,
    ),
}


def take(call):
    """Answers a request or refuses it."""
    if not call.bearer():
        raise Refusal(401, "unauthorized")
    name = call.path.removeprefix(_ROOT)
    if call.method != "POST" or name == call.path or name not in _SERVICES:
        raise Refusal(404, f"there is no {call.method} {call.path} here")
    check, answer = _SERVICES[name]
    check(call.body, ())
    behaviour = mind.behaviour_of(call.body["model"], NAME, BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    voice.say_whole(call, behaviour, {"id": secrets.token_hex(8)} | answer(call.body))


def refused(refusal):
    """Status, body and headers of a refusal."""
    status = 503 if refusal.status == 529 else refusal.status
    where = refusal.bracketed()
    words = f"{where}: {refusal.words}" if where else refusal.words
    return status, {"business_code": status, "message": words}, {}
