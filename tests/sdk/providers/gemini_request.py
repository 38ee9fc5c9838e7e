"""A request of Gemini's generateContent: what is taken, and what the mind sees of it."""

import base64
import copy
import json
import re

from . import form, media
from .mind import Ask
from .refusal import Refusal

SIGNATURE = base64.b64encode(b"a scripted thought's signature").decode()
# What Google documents for calls that come from a history of another provider.
NO_SIGNATURE = "skip_thought_signature_validator"


def record(must=None, may=None):
    """A record whose names may stand in snake case, too, as protocol buffers have it in JSON.

    They are renamed in the value, so that it is read by one name only.
    """
    known = set(must or {}) | set(may or {})
    plain = form.record(must, may)

    def renamed(value, path):
        form.mapping(value, path)
        for name in [name for name in value if name not in known]:
            camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
            if camel in known and camel not in value:
                value[camel] = value.pop(name)
        plain(value, path)

    return renamed


_NAME = form.matching(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")


def _inline(value, path):
    record({"mimeType": form.text, "data": form.text}, {"displayName": form.text})(value, path)
    data = media.decoded(value["data"], (*path, "data"), url_safe=True)
    media.seen(value["mimeType"], data, path)


def _signature(value, path):
    """Ours, or the word for none. Bytes are spelled in either base64."""
    form.text(value, path)
    if value != NO_SIGNATURE:
        data = media.decoded(value, path, url_safe=True)
        if data not in (base64.b64decode(SIGNATURE), NO_SIGNATURE.encode()):
            raise Refusal(400, "Thought signature is not valid", path)


_FILE = record({"fileUri": form.filled}, {"mimeType": form.text, "displayName": form.text})
_BLOB = record({}, {"inlineData": _inline, "fileData": _FILE})
_CALL = record({"name": _NAME}, {"id": form.filled, "args": form.mapping})
_RESPONSE = record(
    {"name": _NAME, "response": form.mapping}, {"id": form.filled, "parts": form.list_of(_BLOB)}
)
_DATA = {
    "text": form.text,
    "inlineData": _inline,
    "fileData": _FILE,
    "functionCall": _CALL,
    "functionResponse": _RESPONSE,
}
_PART = record({}, _DATA | {"thought": form.flag, "thoughtSignature": _signature})


def _part(value, path):
    _PART(value, path)
    if len([name for name in value if name in _DATA]) != 1:
        raise Refusal(400, f"exactly one of {', '.join(_DATA)} has to be set", (*path, "data"))


_PARTS = form.list_of(_part, least=1)
_CONTENT = record({"parts": _PARTS}, {"role": form.words("user", "model")})
_SYSTEM = record(
    {"parts": form.list_of(record({"text": form.text}), least=1)}, {"role": form.text}
)
_TYPES = ("OBJECT", "ARRAY", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "NULL")
_OPEN_API = {
    "type": form.words(*_TYPES, *(word.lower() for word in _TYPES)),
    "format": form.text,
    "title": form.text,
    "description": form.text,
    "nullable": form.flag,
    "enum": form.list_of(form.text),
    "required": form.list_of(form.text),
    "propertyOrdering": form.list_of(form.text),
    "default": form.anything,
    "example": form.anything,
    "minimum": form.number(),
    "maximum": form.number(),
    "pattern": form.text,
}
for _bound in ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"):
    _OPEN_API[_bound] = form.anything


def _open_api(value, path):
    """The part of OpenAPI's schemas that is taken: nothing of JSON schema alone."""
    record(
        {},
        _OPEN_API
        | {
            "items": _open_api,
            "properties": form.map_of(_open_api),
            "anyOf": form.list_of(_open_api),
        },
    )(value, path)


def _json_schema(value, path):
    form.mapping(value, path)
    form.schema(value, path)


def _one_schema(value, path, own, foreign):
    if own in value and foreign in value:
        raise Refusal(400, f"is not taken beside `{own}`", (*path, foreign))


def _declaration(value, path):
    record(
        {"name": _NAME},
        {
            "description": form.text,
            "parameters": _open_api,
            "parametersJsonSchema": _json_schema,
            "response": _open_api,
            "responseJsonSchema": _json_schema,
        },
    )(value, path)
    _one_schema(value, path, "parameters", "parametersJsonSchema")
    schema = value.get("parameters") or value.get("parametersJsonSchema") or {"type": "object"}
    if str(schema.get("type")).lower() != "object":
        raise Refusal(400, "parameters schema should be of type OBJECT", (*path, "parameters"))


_TOOL = record({"functionDeclarations": form.list_of(_declaration, least=1)})
_TOOL_CONFIG = record(
    {},
    {
        "functionCallingConfig": record(
            {},
            {
                "mode": form.words("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
                "allowedFunctionNames": form.list_of(_NAME),
            },
        )
    },
)


def _level(value, path):
    form.text(value, path)
    form.words("MINIMAL", "LOW", "MEDIUM", "HIGH")(value.upper(), path)


_THINKING = record(
    {}, {"includeThoughts": form.flag, "thinkingBudget": form.whole(-1), "thinkingLevel": _level}
)
_GENERATION = record(
    {},
    {
        "candidateCount": form.whole(1, 1),
        "frequencyPenalty": form.number(-2, 2),
        "logprobs": form.whole(0, 20),
        "maxOutputTokens": form.whole(1),
        "mediaResolution": form.text,
        "presencePenalty": form.number(-2, 2),
        "responseJsonSchema": _json_schema,
        "responseLogprobs": form.flag,
        "responseMimeType": form.words("text/plain", "application/json", "text/x.enum"),
        "responseModalities": form.list_of(form.words("TEXT")),
        "responseSchema": _open_api,
        "seed": form.whole(),
        "stopSequences": form.list_of(form.filled, most=5),
        "temperature": form.number(0, 2),
        "thinkingConfig": _THINKING,
        "topK": form.number(1),
        "topP": form.number(0, 1),
    },
)
_SAFETY = form.list_of(record({"category": form.text, "threshold": form.text}))
_BODY = record(
    {"contents": form.list_of(_CONTENT, least=1)},
    {
        "generationConfig": _GENERATION,
        "labels": form.map_of(form.text),
        # It stands in the path; the service overlooks it here.
        "model": form.text,
        "safetySettings": _SAFETY,
        "serviceTier": form.text,
        "store": form.flag,
        "systemInstruction": _SYSTEM,
        "toolConfig": _TOOL_CONFIG,
        "tools": form.list_of(_TOOL),
    },
)
_COUNT_BODY = record(
    {}, {"contents": form.list_of(_CONTENT, least=1), "generateContentRequest": form.mapping}
)


def check_count(body):
    """The same for a count of tokens, of contents or of a whole request."""
    body = copy.deepcopy(body)
    _COUNT_BODY(body, ())
    if "generateContentRequest" in body:
        request = body["generateContentRequest"]
        form.text(request.pop("model", None), ("generateContentRequest", "model"))
        check(request)
    elif "contents" in body:
        _check_turns(body["contents"])
    else:
        raise Refusal(400, "contents is not specified", ("contents",), "missing")


def check(body):
    """Refuses what the service would refuse; gives the request with all names in camel case."""
    body = copy.deepcopy(body)
    _BODY(body, ())
    _check_turns(body["contents"])
    config = body.get("generationConfig", {})
    path = ("generationConfig",)
    _one_schema(config, path, "responseSchema", "responseJsonSchema")
    has_schema = "responseSchema" in config or "responseJsonSchema" in config
    if has_schema and config.get("responseMimeType", "text/plain") == "text/plain":
        words = "`application/json` is needed where there is a schema"
        raise Refusal(400, words, (*path, "responseMimeType"))
    if "logprobs" in config and not config.get("responseLogprobs"):
        raise Refusal(400, "is only taken with `responseLogprobs`", (*path, "logprobs"))
    thinking = config.get("thinkingConfig", {})
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:
        words = "is not taken beside `thinkingBudget`"
        raise Refusal(400, words, (*path, "thinkingConfig", "thinkingLevel"))
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    allowed, at = calling.get("allowedFunctionNames", []), ("toolConfig", "functionCallingConfig")
    if allowed and calling.get("mode") not in ("ANY", "VALIDATED"):
        raise Refusal(400, "is only taken with the mode ANY", (*at, "allowedFunctionNames"))
    if calling.get("mode") in ("ANY", "VALIDATED") and not _names(body):
        raise Refusal(400, "there is no function to be called", (*at, "mode"))
    for name in allowed:
        if name not in _names(body):
            raise Refusal(400, f"`{name}` is not declared", (*at, "allowedFunctionNames"))
    return body


def _names(body):
    return [it["name"] for tool in body.get("tools", []) for it in tool["functionDeclarations"]]


def _those(content, name):
    return [part[name] for part in content["parts"] if name in part]


def _check_turns(contents):
    """User and model take turns, and a turn of calls is followed by as many responses."""
    calls, before = [], "model"
    for at, content in enumerate(contents):
        path, role = ("contents", at), content.get("role", "user")
        if role == before:
            first = "begin with a user turn and " if at == 0 else ""
            raise Refusal(400, f"contents should {first}alternate between user and model", path)
        before = role
        own, answers = _those(content, "functionCall"), _those(content, "functionResponse")
        if (own and role != "model") or (answers and role != "user"):
            raise Refusal(400, f"no such part in a turn of the {role}", path)
        if len(answers) != len(calls):
            words = (
                "the number of function response parts should equal the number of function "
                f"call parts of the turn before: {len(answers)} for {len(calls)}"
            )
            raise Refusal(400, words, path)
        _check_answers(calls, answers, path)
        _check_signed(content, path)
        calls = own
    if before == "model":
        raise Refusal(400, "the last turn should be the user's", ("contents",))


def _check_answers(calls, answers, path):
    for answer, call in zip(answers, calls):
        if "id" in answer:
            call = next((it for it in calls if it.get("id") == answer["id"]), None)
            if call is None:
                raise Refusal(400, f"`{answer['id']}` is no call of the turn before", path)
        if answer["name"] != call["name"]:
            words = f"a function response of `{answer['name']}` answers a call of `{call['name']}`"
            raise Refusal(400, words, path)


def _check_signed(content, path):
    for at, part in enumerate(content["parts"]):
        if "functionCall" in part:
            if "thoughtSignature" not in part:
                words = "Function call is missing a thought_signature in functionCall parts"
                raise Refusal(400, words, (*path, "parts", at))
            return


def ask_of(body):
    """The conversation as the mind sees it."""
    config = body.get("generationConfig", {})
    ask = Ask(limit=config.get("maxOutputTokens"))
    ask.schema = "responseSchema" in config or "responseJsonSchema" in config
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    if calling.get("mode") != "NONE":
        ask.tools = calling.get("allowedFunctionNames") or _names(body)
    contents = body["contents"]
    last = contents[-1]
    ask.text = "".join(part["text"] for part in last["parts"] if "text" in part)
    ask.media = [_seen(part) for part in last["parts"] if {"inlineData", "fileData"} & set(part)]
    calls = _those(contents[-2], "functionCall") if len(contents) > 1 else []
    answers = _those(last, "functionResponse")
    by_id = {answer["id"]: answer for answer in answers if "id" in answer}
    ordered = [by_id.get(call.get("id"), answer) for call, answer in zip(calls, answers)]
    ask.results = [_said(answer["response"]) for answer in ordered]
    return ask


def _said(response):
    for name in ("result", "output", "error"):
        if list(response) == [name]:
            said = response[name]
            return said if isinstance(said, str) else json.dumps(said)
    return json.dumps(response)


def _seen(part):
    if "fileData" in part:
        return part["fileData"].get("mimeType", "a file"), len(part["fileData"]["fileUri"])
    data = part["inlineData"]
    return data["mimeType"], len(media.decoded(data["data"], (), url_safe=True))
