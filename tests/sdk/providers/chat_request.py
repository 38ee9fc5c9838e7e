"""A request of OpenAI's chat completions: what is taken, and what the mind sees of it."""

from . import form, media, openai
from .mind import Ask
from .refusal import Refusal

_CACHE = {"prompt_cache_breakpoint": form.anything}


def _image(value, path):
    form.record({"url": form.text}, {"detail": form.words("auto", "low", "high", "original")})(
        value, path
    )
    openai.image_url(value["url"], (*path, "url"))


def _file(value, path):
    form.record({}, {"file_data": form.text, "file_id": form.text, "filename": form.text})(
        value, path
    )
    if "file_id" in value:
        raise Refusal(400, "no files are kept here", (*path, "file_id"))
    if "file_data" not in value or "filename" not in value:
        raise Refusal(400, "a file needs `file_data` and `filename`", (*path, "file_data"))
    openai.file_data(value["file_data"], (*path, "file_data"))


def _audio(value, path):
    form.record({"data": form.text, "format": form.words("wav", "mp3")})(value, path)
    data = media.decoded(value["data"], (*path, "data"))
    media.seen(f"audio/{value['format']}", data, path)


_TEXT = form.record({"text": form.text}, _CACHE)
_TEXTS = form.list_of(form.tagged("type", {"text": _TEXT}), least=1)
_TEXT_OR_TEXTS = form.by_kind({str: form.text, list: _TEXTS})
_USER_PARTS = form.tagged(
    "type",
    {
        "text": _TEXT,
        "image_url": form.record({"image_url": _image}, _CACHE),
        "input_audio": form.record({"input_audio": _audio}, _CACHE),
        "file": form.record({"file": _file}, _CACHE),
    },
)
_ASSISTANT_PARTS = form.tagged(
    "type", {"text": _TEXT, "refusal": form.record({"refusal": form.text})}
)
_FUNCTION_CALL = form.record({"name": openai.NAME, "arguments": form.arguments})
_TOOL_CALL = form.tagged(
    "type", {"function": form.record({"id": form.filled, "function": _FUNCTION_CALL})}
)
_NAME = {"name": form.text}
_MESSAGES = {
    "system": form.record({"content": _TEXT_OR_TEXTS}, _NAME),
    "developer": form.record({"content": _TEXT_OR_TEXTS}, _NAME),
    "user": form.record(
        {"content": form.by_kind({str: form.text, list: form.list_of(_USER_PARTS, least=1)})},
        _NAME,
    ),
    "assistant": form.record(
        {},
        {
            "content": form.nullable(
                form.by_kind({str: form.text, list: form.list_of(_ASSISTANT_PARTS, least=1)})
            ),
            "refusal": form.nullable(form.text),
            "tool_calls": form.list_of(_TOOL_CALL, least=1),
            "audio": form.nullable(form.record({"id": form.text})),
            # What the official SDK has in its own replies, and sends back as it came.
            "annotations": form.nullable(form.list_of(form.anything)),
            "function_call": form.nullable(form.record()),
        }
        | _NAME,
    ),
    "tool": form.record({"content": _TEXT_OR_TEXTS, "tool_call_id": form.text}),
}
# The servers that say their thoughts take them back.
_THINKERS = ("openai-thinks", "openai-reasoning")
_THOUGHTS = ("reasoning_content", "reasoning")


def _function(value, path):
    form.record(
        {"name": openai.NAME},
        {
            "description": form.text,
            "parameters": form.mapping,
            "strict": form.nullable(form.flag),
        },
    )(value, path)
    parameters = value.get("parameters", {})
    openai.strict_schema(parameters, (*path, "parameters"), value.get("strict"))


def _json_schema(value, path):
    form.record(
        {"name": openai.SCHEMA_NAME, "schema": form.mapping},
        {"description": form.text, "strict": form.nullable(form.flag)},
    )(value, path)
    openai.strict_schema(value["schema"], (*path, "schema"), value.get("strict"))


_TOOL = form.tagged("type", {"function": form.record({"function": _function})})
_NAMED = form.record({"function": form.record({"name": openai.NAME})})
_ALLOWED = form.record(
    {"mode": form.words("auto", "required"), "tools": form.list_of(form.mapping)}
)
_TOOL_CHOICE = form.by_kind(
    {
        str: form.words("none", "auto", "required"),
        dict: form.tagged(
            "type", {"function": _NAMED, "allowed_tools": form.record({"allowed_tools": _ALLOWED})}
        ),
    }
)
_FORMAT = form.tagged(
    "type",
    {
        "text": form.record(),
        "json_object": form.record(),
        "json_schema": form.record({"json_schema": _json_schema}),
    },
)
_TOKENS = form.nullable(form.whole(1))
_BODY = form.record(
    {"model": form.text, "messages": form.list_of(form.mapping, least=1)},
    {
        "frequency_penalty": form.nullable(form.number(-2, 2)),
        "logit_bias": form.nullable(form.map_of(form.number(-100, 100))),
        "logprobs": form.nullable(form.flag),
        "max_completion_tokens": _TOKENS,
        "max_tokens": _TOKENS,
        "metadata": openai.METADATA,
        "modalities": form.nullable(form.list_of(form.words("text"))),
        "n": form.nullable(form.whole(1, 8)),
        "parallel_tool_calls": form.flag,
        "prediction": form.nullable(form.mapping),
        "presence_penalty": form.nullable(form.number(-2, 2)),
        "prompt_cache_key": form.nullable(form.text),
        "prompt_cache_options": form.mapping,
        "prompt_cache_retention": form.nullable(form.words("in_memory", "24h")),
        "reasoning_effort": openai.EFFORT,
        "response_format": _FORMAT,
        "safety_identifier": form.nullable(form.text),
        "seed": form.nullable(form.whole()),
        "service_tier": openai.TIER,
        "stop": form.nullable(form.by_kind({str: form.text, list: form.list_of(form.text, 1, 4)})),
        "store": form.nullable(form.flag),
        "stream": form.nullable(form.flag),
        "stream_options": form.nullable(
            form.record({}, {"include_usage": form.flag, "include_obfuscation": form.flag})
        ),
        "temperature": form.nullable(form.number(0, 2)),
        "tool_choice": _TOOL_CHOICE,
        "tools": form.list_of(_TOOL, least=1, most=128),
        "top_logprobs": form.nullable(form.whole(0, 20)),
        "top_p": form.nullable(form.number(0, 1)),
        "user": form.text,
        "verbosity": openai.VERBOSITY,
    },
)


def check(body):
    """Refuses what the service would refuse."""
    _BODY(body, ())
    for at, message in enumerate(body["messages"]):
        path = ("messages", at)
        if body["model"] in _THINKERS and message.get("role") == "assistant":
            message = {name: it for name, it in message.items() if name not in _THOUGHTS}
        form.tagged("role", _MESSAGES)(message, path)
        says_nothing = message.get("content") is None and "tool_calls" not in message
        if message["role"] == "assistant" and says_nothing and not message.get("refusal"):
            raise Refusal(400, "should be a text where no tool is called", (*path, "content"))
    _check_turns(body["messages"])
    _check_what_needs_another(body)


def _check_turns(messages):
    """Every call is answered by the messages right behind it, and nothing else is."""
    open_calls = {}
    for at, message in enumerate(messages):
        path = ("messages", at)
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                words = f"`{message['tool_call_id']}` answers no call right before it"
                raise Refusal(400, words, (*path, "tool_call_id"))
            del open_calls[message["tool_call_id"]]
            continue
        if open_calls:
            words = f"the calls {', '.join(open_calls)} have no tool message"
            raise Refusal(400, words, (*path, "role"))
        for number, call in enumerate(message.get("tool_calls", [])):
            if call["id"] in open_calls:
                where = (*path, "tool_calls", number, "id")
                raise Refusal(400, f"`{call['id']}` stands there twice", where)
            open_calls[call["id"]] = at
    if open_calls:
        words = f"the calls {', '.join(open_calls)} have no tool message"
        raise Refusal(400, words, ("messages",))


def _check_what_needs_another(body):
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in body and "tools" not in body:
            raise Refusal(400, f"`{name}` is only taken with `tools`", (name,))
    names = [tool["function"]["name"] for tool in body.get("tools", [])]
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] == "function":
        if choice["function"]["name"] not in names:
            raise Refusal(400, "is none of the tools", ("tool_choice", "function", "name"))
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refusal(400, "is only taken with `stream`", ("stream_options",))
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise Refusal(400, "is not taken beside `max_completion_tokens`", ("max_tokens",))
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise Refusal(400, "is only taken with `logprobs`", ("top_logprobs",))
    if body.get("response_format", {}).get("type") == "json_object":
        texts = [text for message in body["messages"] for text in _texts(message)]
        openai.check_json_is_asked_for(texts, ("messages",))


def _texts(message):
    content = message.get("content")
    if isinstance(content, list):
        return [part["text"] for part in content if part["type"] == "text"]
    return [content] if content else []


def ask_of(body):
    """The conversation as the mind sees it."""
    messages = body["messages"]
    ask = Ask(limit=body.get("max_completion_tokens") or body.get("max_tokens"))
    ask.schema = body.get("response_format", {}).get("type") == "json_schema"
    ask.parallel = body.get("parallel_tool_calls", True)
    choice = body.get("tool_choice", "auto")
    if choice != "none":
        ask.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
    if isinstance(choice, dict) and choice["type"] == "function":
        ask.wanted = choice["function"]["name"]
    users = [message for message in messages if message["role"] == "user"]
    if users:
        ask.text = "".join(_texts(users[-1]))
    if messages[-1]["role"] == "user":
        ask.media = _media(messages[-1])
    ask.results = _results(messages)
    return ask


def _results(messages):
    """The results at the end, in the order of their calls. Pictures of results may follow them."""
    found = {}
    for message in reversed(messages):
        if message["role"] == "tool":
            found[message["tool_call_id"]] = "".join(_texts(message))
        elif message["role"] == "assistant":
            calls = message.get("tool_calls", [])
            return [found[call["id"]] for call in calls if call["id"] in found]
    return []


def _media(message):
    seen = []
    content = message["content"] if isinstance(message["content"], list) else []
    for part in content:
        if part["type"] == "image_url":
            seen.append(openai.image_url(part["image_url"]["url"], ()))
        elif part["type"] == "file":
            seen.append(openai.file_data(part["file"]["file_data"], ()))
        elif part["type"] == "input_audio":
            audio = part["input_audio"]
            data = media.decoded(audio["data"], ())
            seen.append((f"audio/{audio['format']}", len(data)))
    return seen
