"""OpenAI's transcriptions, strict as the service. The words are those that the sound holds."""

from . import form, media, mind, sound, vector, voice
from .refusal import Refusal

NAME = "openai"
SUFFIXES = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
TOKENS_OF_SOUND = 10


def _sound(value, path):
    """A file of a kind that its name says."""
    form.mapping(value, path)
    if value["filename"].rpartition(".")[2].lower() not in SUFFIXES:
        raise Refusal(400, f"Unrecognized file format. Supported: {', '.join(SUFFIXES)}", path)


_NUMBER = form.matching(r"0(\.[0-9]+)?|1(\.0+)?")
_BODY = form.record(
    {"model": form.filled, "file": _sound},
    {
        "language": form.matching(r"[a-z]{2}"),
        "prompt": form.text,
        "response_format": form.words("json", "text", "srt", "verbose_json", "vtt"),
        "stream": form.words("true", "false"),
        "temperature": _NUMBER,
        "timestamp_granularities[]": form.list_of(form.words("word", "segment")),
    },
)


def take(call):
    """Answers a request or refuses it."""
    body = call.body
    _BODY(body, ())
    shape = body.get("response_format", "json")
    streamed = body.get("stream") == "true"
    if "timestamp_granularities[]" in body and shape != "verbose_json":
        words = "is only taken with the response format `verbose_json`"
        raise Refusal(400, words, ("timestamp_granularities",))
    if streamed and shape not in ("json", "text"):
        raise Refusal(400, f"is not taken with the response format `{shape}`", ("stream",))
    words = sound.heard(media.decoded(body["file"]["data"], ("file",)), ("file",))
    behaviour = mind.behaviour_of(body["model"], NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    if streamed:
        _say_streamed(call, behaviour, words)
    elif shape in ("text", "srt", "vtt"):
        call.send(200, "text/plain; charset=utf-8", _spelled(shape, words).encode())
    else:
        reply = _verbose(body, words) if shape == "verbose_json" else _plain(words)
        voice.say_whole(call, behaviour, reply)


def seconds(words):
    """How long it takes to say them: half a second each."""
    return vector.count(words) / 2


def _usage(words):
    heard, said = TOKENS_OF_SOUND, vector.count(words)
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": said,
        "total_tokens": heard + said,
    }


def _plain(words):
    return {"text": words, "usage": _usage(words)}


def _verbose(body, words):
    """With times; it is charged by them."""
    end = seconds(words)
    reply = {
        "task": "transcribe",
        "language": "english",
        "duration": end,
        "text": words,
        "usage": {"type": "duration", "seconds": int(-(-end // 1))},
    }
    wanted = body.get("timestamp_granularities[]", ["segment"])
    if "segment" in wanted:
        segment = {
            "id": 0,
            "seek": 0,
            "start": 0.0,
            "end": end,
            "text": f" {words}",
            "tokens": [50364],
            "temperature": 0.0,
            "avg_logprob": -0.25,
            "compression_ratio": 1.0,
            "no_speech_prob": 0.01,
        }
        reply["segments"] = [segment]
    if "word" in wanted:
        reply["words"] = [
            {"word": word, "start": at / 2, "end": (at + 1) / 2}
            for at, word in enumerate(words.split())
        ]
    return reply


def _spelled(shape, words):
    end = seconds(words)
    clock = f"00:00:{int(end):02}{{}}{int(end % 1 * 1000):03}"
    if shape == "srt":
        return f"1\n00:00:00,000 --> {clock.format(',')}\n{words}\n\n\n"
    if shape == "vtt":
        return f"WEBVTT\n\n00:00:00.000 --> {clock.format('.')}\n{words}\n\n"
    return f"{words}\n"


def _say_streamed(call, behaviour, words):
    """A word at a time, and all of them at the end."""
    with call.stream("text/event-stream") as stream:
        for at, word in enumerate(words.split(" ")):
            delta = word if at == 0 else f" {word}"
            stream.send(voice.event({"type": "transcript.text.delta", "delta": delta}))
            if behaviour == "cut":
                stream.drop()
                return
            if behaviour == "mid-error":
                error = {"message": "scripted mid-error", "type": "server_error", "code": None}
                stream.send(voice.event({"type": "error", "error": error}))
                return
        done = {"type": "transcript.text.done", "text": words, "usage": _usage(words)}
        stream.send(voice.event(done))
        stream.send(b"data: [DONE]\n\n")
