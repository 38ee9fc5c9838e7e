"""Gemini's embedContent and batchEmbedContents, strict as the service is to developers."""

from . import form, mind, vector, voice
from .gemini_request import record
from .refusal import Refusal

NAME = "gemini"
VERBS = ("embedContent", "batchEmbedContents")
MOST_REQUESTS = 100

_TASK = form.words(
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
)
_PART = record({"text": form.text})
_CONTENT = record({"parts": form.list_of(_PART, least=1)}, {"role": form.text})
_MAY = {
    "outputDimensionality": form.whole(1, vector.LENGTH),
    "taskType": _TASK,
    "title": form.text,
}
_ONE = record({"content": _CONTENT}, _MAY | {"model": form.filled})
_OF_BATCH = record({"content": _CONTENT, "model": form.filled}, _MAY)
_BATCH = record({"requests": form.list_of(_OF_BATCH, least=1, most=MOST_REQUESTS)})


def take(call, model, verb):
    """Answers a request for this model or refuses it."""
    body = call.body
    is_batch = verb == "batchEmbedContents"
    (_BATCH if is_batch else _ONE)(body, ())
    requests = body["requests"] if is_batch else [body]
    for at, request in enumerate(requests):
        _check(request, model, ("requests", at) if is_batch else ())
    behaviour = mind.behaviour_of(model, NAME, mind.BEHAVIOURS)
    voice.refuse_if_told(behaviour)
    vectors = [{"values": _values(request)} for request in requests]
    tokens = sum(vector.count(_text(request)) for request in requests)
    reply = {"embeddings": vectors} if is_batch else {"embedding": vectors[0]}
    usage = {"promptTokenCount": tokens, "totalTokenCount": tokens}
    voice.say_whole(call, behaviour, reply | {"usageMetadata": usage})


def _check(request, model, path):
    """The path's model is that of every request, and only documents have titles."""
    if request.get("model", f"models/{model}") != f"models/{model}":
        raise Refusal(400, "should be the model of the path", (*path, "model"))
    if "title" in request and request.get("taskType") != "RETRIEVAL_DOCUMENT":
        raise Refusal(400, "is only taken with the task RETRIEVAL_DOCUMENT", (*path, "title"))
    if not _text(request):
        raise Refusal(400, "Content is empty", (*path, "content"))


def _text(request):
    """The text of a content, whose parts are lines of it."""
    return "\n".join(part["text"] for part in request["content"]["parts"])


def _values(request):
    length = request.get("outputDimensionality", vector.LENGTH)
    return vector.short(vector.of(_text(request), length))
