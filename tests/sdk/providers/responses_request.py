"""A request of OpenAI's responses: what is taken, and what the mind sees of it."""

from . import form, media, openai
from .mind import Ask
from .refusal import Refusal

_CACHE = {"prompt_cache_breakpoint": form.anything}
_OPTIONAL_TEXT = form.nullable(form.text)


def _image(value, path):
    form.record(
        {},
        {
            "image_url": _OPTIONAL_TEXT,
            "file_id": _OPTIONAL_TEXT,
            "detail": form.words("auto", "low", "high", "original"),
        }
        | _CACHE,
    )(value, path)
    if value.get("file_id") is not None:
        raise Refusal(400, "no files are kept here", (*path, "file_id"))
    openai.image_url(value.get("image_url"), (*path, "image_url"))


def _file(value, path):
    form.record(
        {},
        {
            "file_data": form.text,
            "file_id": _OPTIONAL_TEXT,
            "file_url": form.text,
            "filename": form.text,
            "detail": form.words("auto", "low", "high"),
        }
        | _CACHE,
    )(value, path)
    if value.get("file_id") is not None:
        raise Refusal(400, "no files are kept here", (*path, "file_id"))
    if "file_url" in value:
        openai.file_data(value["file_url"], (*path, "file_url"))
        return
    if "filename" not in value:
        raise Refusal(400, "a file needs its name", (*path, "filename"), "missing")
    openai.file_data(value.get("file_data"), (*path, "file_data"))


_STATUS = form.nullable(form.words("in_progress", "completed", "incomplete"))
_INPUT_TEXT = form.record({"text": form.text}, _CACHE)
_INPUT_PARTS = form.tagged(
    "type", {"input_text": _INPUT_TEXT, "input_image": _image, "input_file": _file}
)
_OUTPUT_PARTS = form.tagged(
    "type",
    {
        "output_text": form.record(
            {"text": form.text},
            {
                "annotations": form.list_of(form.mapping),
                "logprobs": form.nullable(form.list_of(form.mapping)),
            },
        ),
        "refusal": form.record({"refusal": form.text}),
    },
)


def _message_of(parts):
    return form.record(
        {"content": form.by_kind({str: form.text, list: form.list_of(parts, least=1)})},
        {"id": form.text, "status": _STATUS, "phase": _OPTIONAL_TEXT},
    )


_MESSAGE = form.tagged(
    "role",
    {
        "user": _message_of(_INPUT_PARTS),
        "system": _message_of(_INPUT_PARTS),
        "developer": _message_of(_INPUT_PARTS),
        "assistant": _message_of(_OUTPUT_PARTS),
    },
)
_CALL_ID = form.filled
_ITEM = form.tagged(
    "type",
    {
        "message": _MESSAGE,
        "function_call": form.record(
            {"call_id": _CALL_ID, "name": openai.NAME, "arguments": form.arguments},
            # What the official SDK has in its own replies, and sends back as it came.
            {
                "id": form.text,
                "status": _STATUS,
                "caller": form.anything,
                "namespace": _OPTIONAL_TEXT,
            },
        ),
        "function_call_output": form.record(
            {
                "call_id": _CALL_ID,
                "output": form.by_kind({str: form.text, list: form.list_of(_INPUT_PARTS)}),
            },
            {"id": _OPTIONAL_TEXT, "status": _STATUS, "name": _OPTIONAL_TEXT},
        ),
        "reasoning": form.record(
            {
                "id": form.filled,
                "summary": form.list_of(
                    form.tagged("type", {"summary_text": form.record({"text": form.text})})
                ),
            },
            {
                "content": form.nullable(
                    form.list_of(
                        form.tagged("type", {"reasoning_text": form.record({"text": form.text})})
                    )
                ),
                "encrypted_content": _OPTIONAL_TEXT,
                "status": _STATUS,
            },
        ),
    },
    default="message",
)


def _tool(value, path):
    form.tagged(
        "type",
        {
            "function": form.record(
                {"name": openai.NAME, "parameters": form.nullable(form.mapping)},
                {
                    "description": _OPTIONAL_TEXT,
                    "strict": form.nullable(form.flag),
                    "defer_loading": form.flag,
                },
            )
        },
    )(value, path)
    # What is not said is tried: a schema that cannot be kept to is taken as it is.
    openai.strict_schema(value["parameters"] or {}, (*path, "parameters"), value.get("strict"))


def _json_schema(value, path):
    form.record(
        {"name": openai.SCHEMA_NAME, "schema": form.mapping},
        {"description": form.text, "strict": form.nullable(form.flag)},
    )(value, path)
    openai.strict_schema(value["schema"], (*path, "schema"), value.get("strict"))


_ALLOWED = form.record(
    {"mode": form.words("auto", "required"), "tools": form.list_of(form.mapping)}
)
_TOOL_CHOICE = form.by_kind(
    {
        str: form.words("none", "auto", "required"),
        dict: form.tagged(
            "type", {"function": form.record({"name": openai.NAME}), "allowed_tools": _ALLOWED}
        ),
    }
)
_FORMAT = form.tagged(
    "type", {"text": form.record(), "json_object": form.record(), "json_schema": _json_schema}
)
_INCLUDE = form.words(
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
_SUMMARY = form.nullable(form.words("auto", "concise", "detailed"))
_BODY = form.record(
    {"model": form.text, "input": form.by_kind({str: form.filled, list: form.list_of(_ITEM, 1)})},
    {
        "background": form.nullable(form.flag),
        "include": form.nullable(form.list_of(_INCLUDE)),
        "instructions": _OPTIONAL_TEXT,
        # The service wants 16 at least; here a small limit is how a test has an answer cut.
        "max_output_tokens": form.nullable(form.whole(1)),
        "max_tool_calls": form.nullable(form.whole(1)),
        "metadata": openai.METADATA,
        "parallel_tool_calls": form.nullable(form.flag),
        "previous_response_id": _OPTIONAL_TEXT,
        "prompt_cache_key": _OPTIONAL_TEXT,
        "prompt_cache_options": form.mapping,
        "prompt_cache_retention": form.nullable(form.words("in_memory", "24h")),
        "reasoning": form.nullable(
            form.record({}, {"effort": openai.EFFORT, "summary": _SUMMARY, "mode": form.text})
        ),
        "safety_identifier": _OPTIONAL_TEXT,
        "service_tier": openai.TIER,
        "store": form.nullable(form.flag),
        "stream": form.nullable(form.flag),
        "stream_options": form.nullable(form.record({}, {"include_obfuscation": form.flag})),
        "temperature": form.nullable(form.number(0, 2)),
        "text": form.record({}, {"format": _FORMAT, "verbosity": openai.VERBOSITY}),
        "tool_choice": _TOOL_CHOICE,
        "tools": form.list_of(_tool, most=128),
        "top_logprobs": form.nullable(form.whole(0, 20)),
        "top_p": form.nullable(form.number(0, 1)),
        "truncation": form.nullable(form.words("auto", "disabled")),
        "user": _OPTIONAL_TEXT,
    },
)


def check(body):
    """Refuses what the service would refuse."""
    _BODY(body, ())
    if body.get("background"):
        raise Refusal(400, "nothing runs in the background here", ("background",))
    if body.get("previous_response_id") is not None:
        raise Refusal(400, "no response with this id was kept", ("previous_response_id",))
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refusal(400, "is only taken with `stream`", ("stream_options",))
    _check_choice(body)
    _check_turns(_items(body))
    if body.get("text", {}).get("format", {}).get("type") == "json_object":
        texts = [text for item in _items(body) for text in _texts(item)]
        openai.check_json_is_asked_for(texts, ("input",))


def _check_choice(body):
    names = [tool["name"] for tool in body.get("tools", [])]
    choice = body.get("tool_choice")
    if choice in ("required",) and not names:
        raise Refusal(400, "there is no tool to be called", ("tool_choice",))
    if isinstance(choice, dict) and choice["type"] == "function" and choice["name"] not in names:
        raise Refusal(400, "is none of the tools", ("tool_choice", "name"))


def _check_turns(items):
    """Every output answers a call before it, every call has one, and no thought stands alone."""
    open_calls, answered = {}, set()
    for at, item in enumerate(items):
        kind, path = item.get("type", "message"), ("input", at)
        if kind == "function_call":
            if item["call_id"] in open_calls or item["call_id"] in answered:
                raise Refusal(400, f"`{item['call_id']}` stands there twice", (*path, "call_id"))
            open_calls[item["call_id"]] = at
        elif kind == "function_call_output":
            if item["call_id"] not in open_calls:
                words = f"no tool call found for function call output `{item['call_id']}`"
                raise Refusal(400, words, (*path, "call_id"))
            del open_calls[item["call_id"]]
            answered.add(item["call_id"])
        elif kind == "reasoning":
            follows = items[at + 1] if at + 1 < len(items) else {}
            is_models = follows.get("role") == "assistant"
            if not is_models and follows.get("type") not in ("function_call", "reasoning"):
                raise Refusal(400, "a thought without the item that it led to", path)
    if open_calls:
        words = f"no tool output found for function call {', '.join(open_calls)}"
        raise Refusal(400, words, ("input",))


def _items(body):
    if isinstance(body["input"], str):
        return [{"type": "message", "role": "user", "content": body["input"]}]
    return body["input"]


def _texts(item):
    content = item.get("content")
    if isinstance(content, list):
        return [part["text"] for part in content if "text" in part]
    return [content] if content else []


def ask_of(body):
    """The conversation as the mind sees it."""
    items = _items(body)
    ask = Ask(limit=body.get("max_output_tokens"))
    ask.schema = body.get("text", {}).get("format", {}).get("type") == "json_schema"
    ask.parallel = body.get("parallel_tool_calls") is not False
    choice = body.get("tool_choice", "auto")
    if choice != "none":
        ask.tools = [tool["name"] for tool in body.get("tools", [])]
    if isinstance(choice, dict) and choice["type"] == "function":
        ask.wanted = choice["name"]
    users = [item for item in items if item.get("role") == "user"]
    if users:
        ask.text = "".join(_texts(users[-1]))
    if items[-1].get("role") == "user":
        ask.media = _media(items[-1])
    ask.results = _results(items)
    return ask


def _results(items):
    """The outputs since the model last spoke, in the order of their calls."""
    found, calls = {}, []
    for item in reversed(items):
        kind = item.get("type", "message")
        if kind == "function_call_output":
            output = item["output"]
            is_text = isinstance(output, str)
            found[item["call_id"]] = output if is_text else "".join(_texts({"content": output}))
        elif kind == "function_call":
            calls.append(item["call_id"])
        elif calls or item.get("role") == "assistant":
            break
    return [found[call] for call in reversed(calls) if call in found]


def _media(item):
    seen = []
    for part in item["content"] if isinstance(item["content"], list) else []:
        if part["type"] == "input_image":
            seen.append(media.of_url(part["image_url"], ()))
        elif part["type"] == "input_file":
            seen.append(media.of_url(part.get("file_data") or part["file_url"], ()))
    return seen
