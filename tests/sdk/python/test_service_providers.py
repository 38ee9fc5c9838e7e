"""The scripted providers' services by the judgement of the official SDKs, without a gateway."""

import copy
import json

import httpx2
import pytest
from providers import SECRET, pictures, sound, vector

from callers import SERVICE_CALLERS
from callers.openai_transcriptions import FILE, WAV, WORDS
from service_cases import ServiceCell, cases_of, singles

BEARER = {"authorization": f"Bearer {SECRET}"}
GOOG = {"x-goog-api-key": SECRET}
CELLS = [(caller, case) for caller in SERVICE_CALLERS for case in cases_of(caller)]
by_name = pytest.mark.parametrize("caller", SERVICE_CALLERS, ids=lambda caller: caller.name)


@pytest.fixture
def call_directly(servers):
    """Makes callers that reach the provider of their own flavor."""
    made = []

    def call_directly(caller, key=SECRET):
        made.append(caller(servers[caller.flavor].root, key))
        return made[-1]

    yield call_directly
    for caller in made:
        caller.close()


@pytest.mark.parametrize(
    ("caller", "case"), CELLS, ids=[f"{caller.name}-{case.__name__}" for caller, case in CELLS]
)
def test_an_sdk_is_content_with_its_provider(call_directly, servers, caller, case):
    case(ServiceCell(call_directly(caller), servers[caller.flavor]))


@by_name
def test_a_wrong_key_is_a_401(call_directly, caller):
    wrong = call_directly(caller, "wrong")
    with pytest.raises(Exception) as caught:
        wrong.ask(f"{caller.flavor}-plain")
    assert wrong.status(caught.value) == 401


@by_name
def test_an_unknown_model_is_a_404(call_directly, caller):
    direct = call_directly(caller)
    with pytest.raises(direct.errors[404]) as caught:
        direct.ask(f"{caller.flavor}-nowhere")
    assert direct.status(caught.value) == 404


def test_vectors_tell_texts_and_tokens_apart():
    made = [vector.of(text) for text in ("a", "b", "1 2", "tokens")] + [
        vector.of_tokens([1, 2]),
        vector.of_tokens([12]),
    ]
    assert len({tuple(it) for it in made}) == len(made)
    assert singles(vector.short(made[0])) == made[0] != vector.short(made[0])


def test_a_sound_is_heard_again_and_a_picture_says_which_it_is():
    for format in sound.MIMES:
        if format != "pcm":
            assert sound.heard(sound.made(format, WORDS), ()) == WORDS
    assert WAV[:4] == b"RIFF" and len(WAV) % 2 == 0
    assert len({pictures.made("a", 0), pictures.made("a", 1), pictures.made("b", 0)}) == 3


EMBED = {"model": "openai-plain", "input": ["a", "b"], "dimensions": 3, "encoding_format": "float"}
GEMINI = {
    "requests": [
        {
            "model": "models/gemini-plain",
            "content": {"parts": [{"text": "a"}]},
            "taskType": "RETRIEVAL_DOCUMENT",
            "title": "t",
            "outputDimensionality": 3,
        }
    ]
}
GEMINI_ONE = {"content": {"parts": [{"text": "a"}]}}
OLLAMA = {"model": "ollama-plain", "input": ["a"], "truncate": True, "options": {"num_ctx": 8}}
OLDER = {"model": "ollama-plain", "prompt": "a"}
IMAGE = {"model": "openai-plain", "prompt": "a", "n": 2, "size": "1024x1024"}
SPEECH = {"model": "openai-plain", "input": "a", "voice": "alloy", "response_format": "wav"}
AOG_EMBED = {"model": "aog-plain", "input": ["a"]}
AOG_IMAGE = {"model": "aog-plain", "prompt": "a", "size": "512*512"}
AOG_SPEECH = {"model": "aog-plain", "text": "a", "voice": "female"}
AOG_HEARS = {"model": "aog-plain", "audio": "SUQzBAAAAAAAAGE="}
REQUESTS = {
    "embed": ("openai", "/v1/embeddings", BEARER, EMBED),
    "batch": ("gemini", "/v1beta/models/gemini-plain:batchEmbedContents", GOOG, GEMINI),
    "content": ("gemini", "/v1beta/models/gemini-plain:embedContent", GOOG, GEMINI_ONE),
    "ollama": ("ollama", "/api/embed", BEARER, OLLAMA),
    "older": ("ollama", "/api/embeddings", BEARER, OLDER),
    "image": ("openai", "/v1/images/generations", BEARER, IMAGE),
    "speech": ("openai", "/v1/audio/speech", BEARER, SPEECH),
    "aog-embed": ("aog", "/aog/v0.2/services/embed", BEARER, AOG_EMBED),
    "aog-image": ("aog", "/aog/v0.2/services/text-to-image", BEARER, AOG_IMAGE),
    "aog-speech": ("aog", "/aog/v0.2/services/text-to-speech", BEARER, AOG_SPEECH),
    "aog-hears": ("aog", "/aog/v0.2/services/speech-to-text", BEARER, AOG_HEARS),
}
# A member is given a value that is not taken, and what the refusal has to name.
CHANGES = [
    ("embed", "surprise", 1, "surprise"),
    ("embed", "input", [], "input"),
    ("embed", "input", "", "empty string"),
    ("embed", "input", ["a", 1], "input[1]"),
    ("embed", "input", [1, "a"], "input[1]"),
    ("embed", "input", [[1], []], "input[1]"),
    ("embed", "input", [1.5], "input"),
    ("embed", "input", {"text": "a"}, "input"),
    ("embed", "dimensions", 0, "dimensions"),
    ("embed", "dimensions", 9, "dimensions"),
    ("embed", "encoding_format", "int8", "encoding_format"),
    ("embed", "user", None, "user"),
    ("batch", "requests.0.model", "models/gemini-slow", "requests[0].model"),
    ("batch", "requests.0.taskType", "WEIGHING", "requests[0].taskType"),
    ("batch", "requests.0.taskType", "CLUSTERING", "requests[0].title"),
    ("batch", "requests.0.autoTruncate", True, "autoTruncate"),
    ("batch", "requests.0.content", "a", "requests[0].content"),
    ("batch", "requests.0.content.parts.0.text", "", "requests[0].content"),
    ("batch", "requests", [], "requests"),
    ("content", "input", "a", "input"),
    ("content", "outputDimensionality", 0, "outputDimensionality"),
    ("ollama", "input", [["a"]], "input[0]"),
    ("ollama", "encoding_format", "float", "encoding_format"),
    ("ollama", "options.surprise", 1, "options.surprise"),
    ("older", "input", "a", "input"),
    ("older", "dimensions", 3, "dimensions"),
    ("image", "n", 0, "n"),
    ("image", "n", 11, "n"),
    ("image", "size", "1024*1024", "size"),
    ("image", "partial_images", 1, "partial_images"),
    ("image", "seed", 7, "seed"),
    ("image", "prompt", "", "prompt"),
    ("speech", "voice", "nobody", "voice"),
    ("speech", "speed", 5, "speed"),
    ("speech", "input", "a" * 4097, "input"),
    ("speech", "response_format", "ogg", "response_format"),
    ("aog-embed", "input", "a", "input"),
    ("aog-embed", "encoding_format", "float", "encoding_format"),
    ("aog-image", "size", "512x512", "size"),
    ("aog-speech", "response_format", "mp3", "response_format"),
    ("aog-hears", "audio", "AAAA", "audio"),
    ("aog-hears", "audio", "####", "audio"),
]


def post(servers, name, body):
    flavor, path, credential, _ = REQUESTS[name]
    url = f"{servers[flavor].root}{path}"
    return httpx2.post(url, json=body, headers=credential, timeout=10)


def changed(body, way, value):
    body = copy.deepcopy(body)
    *parents, last = [int(step) if step.isdigit() else step for step in way.split(".")]
    place = body
    for step in parents:
        place = place[step]
    place[last] = value
    return body


@pytest.mark.parametrize("name", REQUESTS)
def test_the_whole_request_is_taken(servers, name):
    answer = post(servers, name, REQUESTS[name][3])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("name", "way", "value", "named"),
    CHANGES,
    ids=[f"{at}-{name}-{way}" for at, (name, way, _, _) in enumerate(CHANGES)],
)
def test_a_small_mistake_is_named(servers, name, way, value, named):
    answer = post(servers, name, changed(REQUESTS[name][3], way, value))
    assert answer.status_code == 400, answer.text
    assert named in json.dumps(answer.json())


FORM = {"model": "openai-plain", "response_format": "verbose_json"}
# What is changed of the form or of its file, and what the refusal has to name.
MISTAKES = [
    ({"surprise": "1"}, FILE, "surprise"),
    ({"response_format": "words"}, FILE, "response_format"),
    ({"temperature": "warm"}, FILE, "temperature"),
    ({"language": "english"}, FILE, "language"),
    ({"stream": "yes"}, FILE, "stream"),
    ({"stream": "true"}, FILE, "stream"),
    ({"timestamp_granularities[]": ["letter"]}, FILE, "timestamp_granularities"),
    ({"response_format": "json", "timestamp_granularities[]": ["word"]}, FILE, "verbose_json"),
    ({"model": ["openai-plain", "openai-plain"]}, FILE, "twice"),
    ({}, ("lorry.txt", WAV, "audio/wav"), "file"),
    ({}, ("lorry.wav", b"no sound", "audio/wav"), "file"),
    ({}, ("lorry.wav", b"ID3\x04\0\0\0\0\0\0\xff", "audio/wav"), "corrupted"),
    ({}, (None, b"lorry.wav"), "file"),
]


def send(servers, fields, file=FILE):
    url = f"{servers['openai'].root}/v1/audio/transcriptions"
    return httpx2.post(url, data=fields, files={"file": file}, headers=BEARER, timeout=10)


def test_a_whole_form_is_taken(servers):
    fields = FORM | {"language": "en", "timestamp_granularities[]": ["word", "segment"]}
    answer = send(servers, fields)
    assert answer.status_code == 200, answer.text
    assert [it["word"] for it in answer.json()["words"]] == WORDS.split()


@pytest.mark.parametrize(("fields", "file", "named"), MISTAKES)
def test_a_small_mistake_in_a_form_is_named(servers, fields, file, named):
    answer = send(servers, FORM | fields, file)
    assert answer.status_code == 400, answer.text
    assert named in json.dumps(answer.json())


@pytest.mark.parametrize("body", [b"", b"--b\r\n\r\nx\r\n--b", b"--b\r\nx\r\n--b--", b"{}"])
def test_a_form_that_is_none_is_refused(servers, body):
    url = f"{servers['openai'].root}/v1/audio/transcriptions"
    headers = BEARER | {"content-type": "multipart/form-data; boundary=b"}
    assert httpx2.post(url, content=body, headers=headers, timeout=10).status_code == 400


def test_every_service_has_the_errors_of_its_flavor(servers):
    shapes = {name: post(servers, name, {}).json() for name in REQUESTS}
    for name in ("embed", "image", "speech"):
        assert shapes[name]["error"]["code"] == "missing_required_parameter", name
    for name in ("batch", "content"):
        assert shapes[name]["error"]["status"] == "INVALID_ARGUMENT", name
    for name in ("ollama", "older"):
        assert isinstance(shapes[name]["error"], str), name
    assert shapes["aog-embed"]["business_code"] == 400
