"""What is asked of the services beside chat, and what has to come of it.

A vector is that of its own text alone, a picture and a sound hold what they were made of: whatever
comes in a wrong order or of another input is seen.
"""

import base64
import struct

import openai
import pytest
from providers import pictures, sound, speech, transcriptions, vector

from callers.embedder import SHORT, TEXTS, TOKENS
from callers.openai_images import PROMPT
from callers.openai_speech import SAID
from callers.openai_transcriptions import WORDS

TITLE = "Weights"
TASK = "RETRIEVAL_DOCUMENT"


class ServiceCell:
    """A caller and the provider that it is to reach. Without a gateway there are no receipts."""

    def __init__(self, caller, server, gateway=None, key=None):
        self.caller, self.server, self.gateway, self.key = caller, server, gateway, key

    def model(self, behaviour="plain"):
        return f"{self.server.name}-{behaviour}"

    def is_own(self):
        """Whether nothing has to be converted."""
        return self.caller.flavor == self.server.name

    def _conversion(self):
        """The form between two flavors is AOG's: whoever speaks it needs no step out of it."""
        if self.is_own():
            return "none"
        return "to_canonical" if self.server.name == "aog" else "both"

    def check_receipt(self, outcome="ok", **usage):
        """The one receipt of this cell, and what it says was used."""
        if self.gateway is None:
            return
        receipt = self.gateway.only_receipt(self.key)
        assert receipt["outcome"] == outcome
        assert receipt["service"] == self.caller.service
        assert receipt["conversion"] == self._conversion()
        assert receipt["provider"] == self.server.name
        assert {name: receipt["usage"][name] for name in usage} == usage

    def check_vectors(self, got, expected, tokens):
        """Each vector in its place, and the tokens in the SDK's reply and on the receipt."""
        assert [singles(it) for it in got.vectors] == expected
        # The older of Ollama's ways has no word for what was used, as reply to whomever.
        is_told = self.caller.name != "ollama-embeddings"
        assert got.tokens == (tokens if is_told else None)
        if is_told or not self.is_own():
            self.check_receipt(input_tokens=tokens, basis="measured")
        else:
            self.check_receipt(basis="estimated")


def singles(numbers):
    """Numbers as they are in 32 bits, whatever the digits that they came in."""
    assert all(isinstance(number, float) for number in numbers)
    return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers)))


def _count(texts):
    return sum(vector.count(text) for text in texts)


def one(cell):
    got = cell.caller.one(cell.model(), TEXTS[0])
    cell.check_vectors(got, [vector.of(TEXTS[0])], _count(TEXTS[:1]))


def several(cell):
    got = cell.caller.several(cell.model(), TEXTS)
    cell.check_vectors(got, [vector.of(text) for text in TEXTS], _count(TEXTS))


def shorter(cell):
    got = cell.caller.shorter(cell.model(), TEXTS, SHORT)
    cell.check_vectors(got, [vector.of(text, SHORT) for text in TEXTS], _count(TEXTS))


def floats(cell):
    got = cell.caller.floats(cell.model(), TEXTS)
    cell.check_vectors(got, [vector.of(text) for text in TEXTS], _count(TEXTS))


def tokens(cell):
    got = cell.caller.tokens(cell.model(), TOKENS[0])
    cell.check_vectors(got, [vector.of_tokens(TOKENS[0])], len(TOKENS[0]))


def token_lists(cell):
    got = cell.caller.tokens(cell.model(), TOKENS)
    expected = [vector.of_tokens(it) for it in TOKENS]
    cell.check_vectors(got, expected, sum(len(it) for it in TOKENS))


def parts(cell):
    got = cell.caller.parts(cell.model(), TEXTS)
    cell.check_vectors(got, [vector.of("\n".join(TEXTS))], _count(TEXTS))


def task(cell):
    """What vectors are for reaches those who have a word for it, and is no hindrance elsewhere."""
    got = cell.caller.task(cell.model(), TEXTS[0], TASK, TITLE)
    if cell.is_own():
        (request,) = cell.server.last.body["requests"]
        assert (request["taskType"], request["title"]) == (TASK, TITLE)
    cell.check_vectors(got, [vector.of(TEXTS[0])], _count(TEXTS[:1]))


def _check_pictures(cell, reply, many):
    got = [base64.b64decode(it.b64_json) for it in reply.data]
    assert got == [pictures.made(PROMPT, index) for index in range(many)]
    if not cell.is_own():
        cell.check_receipt(images=many)
        return
    read, drawn = vector.count(PROMPT), many * pictures.TOKENS_EACH
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (read, drawn)
    cell.check_receipt(images=many, input_tokens=read, output_tokens=drawn)


def picture(cell):
    _check_pictures(cell, cell.caller.draw(cell.model(), size="1024x768"), 1)
    size = {"openai": "1024x768", "aog": "1024*768"}[cell.server.name]
    assert cell.server.last.body["size"] == size


def several_pictures(cell):
    _check_pictures(cell, cell.caller.draw(cell.model(), n=3), 3)


def picture_stream(cell):
    """Two looks at what is not done yet, and the picture, each with what it was made of."""
    *partial, done = cell.caller.events(cell.model(), 2)
    assert [it.partial_image_index for it in partial] == [0, 1]
    got = [base64.b64decode(it.b64_json) for it in (*partial, done)]
    assert got == [pictures.made(PROMPT, index) for index in range(3)]
    assert done.type == "image_generation.completed"
    used = {"input_tokens": vector.count(PROMPT), "output_tokens": pictures.TOKENS_EACH}
    assert done.usage.model_dump(include=set(used)) == used
    cell.check_receipt(images=1, **used)


def _check_speech(cell, said, format):
    got, kind = said
    assert kind == sound.MIMES[format]
    assert got == sound.made(format, f"alloy: {SAID}")
    cell.check_receipt(characters=len(SAID), basis="measured")


def speech_wav(cell):
    _check_speech(cell, cell.caller.speak(cell.model(), response_format="wav"), "wav")


def speech_mp3(cell):
    _check_speech(cell, cell.caller.speak(cell.model()), "mp3")


def speech_stream(cell):
    said = cell.caller.speak_streamed(cell.model(), response_format="wav")
    _check_speech(cell, said, "wav")


def speech_events(cell):
    pieces, usage = cell.caller.speak_in_events(cell.model(), response_format="wav")
    assert len(pieces) == 2
    assert b"".join(pieces) == sound.made("wav", f"alloy: {SAID}")
    used = {"input_tokens": vector.count(SAID), "output_tokens": speech.TOKENS_OF_SOUND}
    assert {name: usage[name] for name in used} == used
    cell.check_receipt(characters=len(SAID), **used)


def _check_transcript(cell, usage):
    """Those who say what was used are believed; AOG says nothing."""
    cell.check_receipt(**(usage if cell.is_own() else {}))


def _said():
    heard, said = transcriptions.TOKENS_OF_SOUND, vector.count(WORDS)
    return {"input_tokens": heard, "output_tokens": said}


def transcript(cell):
    reply = cell.caller.write_down(cell.model())
    assert reply.text == WORDS
    if cell.is_own():
        used = reply.usage.model_dump(include={"input_tokens", "output_tokens"})
        assert used == _said()
    _check_transcript(cell, _said())


def transcript_text(cell):
    assert cell.caller.spell(cell.model(), "text") == f"{WORDS}\n"
    _check_transcript(cell, {})


def _subtitles(cell, format, head, end):
    said = cell.caller.spell(cell.model(), format)
    assert said.split() == [*head.split(), "-->", end, *WORDS.split()]
    _check_transcript(cell, {})


def transcript_srt(cell):
    _subtitles(cell, "srt", "1 00:00:00,000", "00:00:04,500")


def transcript_vtt(cell):
    _subtitles(cell, "vtt", "WEBVTT 00:00:00.000", "00:00:04.500")


def transcript_verbose(cell):
    wanted = {"response_format": "verbose_json", "timestamp_granularities": ["segment"]}
    reply = cell.caller.write_down(cell.model(), **wanted)
    end = transcriptions.seconds(WORDS)
    assert (reply.text, reply.duration) == (WORDS, end)
    (segment,) = reply.segments
    assert (segment.start, segment.end, segment.text.strip()) == (0, end, WORDS)
    assert reply.language in ("english", "en")
    _check_transcript(cell, {"seconds": -(-end // 1)})


def transcript_stream(cell):
    events = cell.caller.events(cell.model())
    deltas = [it.delta for it in events if it.type == "transcript.text.delta"]
    assert len(deltas) == vector.count(WORDS)
    assert "".join(deltas) == WORDS
    last = events[-1]
    assert (last.type, last.text) == ("transcript.text.done", WORDS)
    assert last.usage.output_tokens == vector.count(WORDS)
    _check_transcript(cell, _said())


def transcript_stream_error(cell):
    """An error among the events, in the provider's own words."""
    with pytest.raises(openai.APIError, match="scripted mid-error"):
        cell.caller.events(cell.model("mid-error"))
    cell.check_receipt("error")


def _error(cell, status):
    caller = cell.caller
    with pytest.raises(caller.errors[status]) as caught:
        caller.ask(cell.model(f"error-{status}"))
    shown = caller.status(caught.value)
    # A provider's own failure may be told as the gateway's view of it: 502 or 503.
    assert shown == status or (status == 500 and shown in (502, 503))
    if status == 429:
        # Who was told to wait is not asked before; until then the gateway says it by itself.
        said = str(caught.value)
        assert "scripted 429" in said or "take no calls now" in said
        if caller.shows_headers:
            assert caller.retry_after(caught.value) in ("1", "2", "3")
        return
    assert f"scripted {status}" in str(caught.value) or status == 500
    cell.check_receipt("error")


def error_400(cell):
    _error(cell, 400)


def error_404(cell):
    _error(cell, 404)


def error_429(cell):
    _error(cell, 429)


def error_500(cell):
    _error(cell, 500)


def cut(cell):
    """A reply whose end never comes is an exception, and no shorter reply."""
    with pytest.raises(Exception) as caught:
        cell.caller.ask(cell.model("cut"))
    assert not isinstance(caught.value, AssertionError)
    cell.check_receipt("error")


_ALL = [
    one,
    several,
    shorter,
    floats,
    tokens,
    token_lists,
    parts,
    task,
    picture,
    several_pictures,
    picture_stream,
    speech_wav,
    speech_mp3,
    speech_stream,
    speech_events,
    transcript,
    transcript_text,
    transcript_srt,
    transcript_vtt,
    transcript_verbose,
    transcript_stream,
    transcript_stream_error,
    error_400,
    error_404,
    error_429,
    error_500,
    cut,
]


def cases_of(caller):
    """What is asked of this caller, in the order of the table."""
    cases = [case for case in _ALL if case.__name__ in caller.cases]
    assert len(cases) == len(caller.cases), caller.cases
    return cases
