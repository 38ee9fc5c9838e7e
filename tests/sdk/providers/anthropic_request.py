"""A request of Anthropic's messages: what is taken, and what the mind sees of it."""

from . import form, media
from .mind import Ask
from .refusal import Refusal

SIGNATURE = "EqQBCgIYAhIkc2NyaXB0ZWQgc2lnbmF0dXJl"
LEAST_BUDGET = 1024
WITHOUT_SAMPLING = "2026-10-21"

_ID = form.matching(r"[A-Za-z0-9_-]+")
_NAME = form.matching(r"[a-zA-Z0-9_-]{1,128}")
_CACHE = {
    "cache_control": form.nullable(
        form.tagged("type", {"ephemeral": form.record({}, {"ttl": form.words("5m", "1h")})})
    )
}


def _said(value, path):
    """A text that says something."""
    form.text(value, path)
    if not value:
        raise Refusal(400, "text content blocks must be non-empty", path)
    if not value.strip():
        raise Refusal(400, "text content blocks must contain non-whitespace text", path)


_TEXT = form.record(
    {"text": _said}, _CACHE | {"citations": form.nullable(form.list_of(form.anything))}
)
_ADDRESS = form.record({"url": form.matching(r"https?://.+")})


def _picture(value, path):
    form.record({"media_type": form.words(*media.IMAGES), "data": form.text})(value, path)
    media.seen(value["media_type"], media.decoded(value["data"], (*path, "data")), path)


def _paper(value, path):
    form.record({"media_type": form.words("application/pdf"), "data": form.text})(value, path)
    media.seen(value["media_type"], media.decoded(value["data"], (*path, "data")), path)


_IMAGE = form.record({"source": form.tagged("type", {"base64": _picture, "url": _ADDRESS})}, _CACHE)
_PLAIN = form.record({"media_type": form.words("text/plain"), "data": form.filled})
_DOCUMENT = form.record(
    {"source": form.tagged("type", {"base64": _paper, "url": _ADDRESS, "text": _PLAIN})},
    _CACHE
    | {
        "title": form.nullable(form.text),
        "context": form.nullable(form.text),
        "citations": form.nullable(form.record({}, {"enabled": form.flag})),
    },
)
_SHOWN = {"text": _TEXT, "image": _IMAGE, "document": _DOCUMENT}
_RESULT = form.record(
    {"tool_use_id": _ID},
    {
        "content": form.by_kind({str: form.text, list: form.list_of(form.tagged("type", _SHOWN))}),
        "is_error": form.flag,
    }
    | _CACHE,
)
_USER = form.tagged("type", _SHOWN | {"tool_result": _RESULT})


def _thought(value, path):
    form.record({"thinking": form.text, "signature": form.text})(value, path)
    if value["signature"] != SIGNATURE:
        raise Refusal(400, "Invalid `signature` in `thinking` block", (*path, "signature"))


_ASSISTANT = form.tagged(
    "type",
    {
        "text": _TEXT,
        "thinking": _thought,
        "tool_use": form.record(
            {"id": _ID, "name": _NAME, "input": form.mapping},
            # What the official SDK has in its own replies, and sends back as it came.
            _CACHE | {"caller": form.nullable(form.mapping)},
        ),
    },
)


def _content(block):
    def text(value, path):
        if not value:
            raise Refusal(400, "messages must have non-empty content", path)
        _said(value, path)

    return form.by_kind({str: text, list: form.list_of(block, least=1)})


_MESSAGES = form.list_of(
    form.tagged(
        "role",
        {
            "user": form.record({"content": _content(_USER)}),
            "assistant": form.record({"content": _content(_ASSISTANT)}),
            "system": form.record({"content": _content(form.tagged("type", {"text": _TEXT}))}),
        },
    ),
    least=1,
)


def _input_schema(value, path):
    form.schema(value, path)
    if value.get("type") != "object":
        raise Refusal(400, "should be `object`", (*path, "type"))


def _closed(value, path):
    form.mapping(value, path)
    form.closed_schema(value, path)


_TOOL = form.record(
    {"name": _NAME, "input_schema": _input_schema},
    {
        "description": form.text,
        "strict": form.flag,
        "type": form.nullable(form.words("custom")),
        "input_examples": form.list_of(form.mapping),
        "eager_input_streaming": form.nullable(form.flag),
    }
    | _CACHE,
)
_SINGLE = {"disable_parallel_tool_use": form.flag}
_TOOL_CHOICE = form.tagged(
    "type",
    {
        "auto": form.record({}, _SINGLE),
        "any": form.record({}, _SINGLE),
        "tool": form.record({"name": _NAME}, _SINGLE),
        "none": form.record(),
    },
)
_DISPLAY = {"display": form.nullable(form.words("summarized", "omitted"))}
_THINKING = form.tagged(
    "type",
    {
        "enabled": form.record({"budget_tokens": form.whole(LEAST_BUDGET)}, _DISPLAY),
        "adaptive": form.record({}, _DISPLAY),
        "disabled": form.record(),
    },
)
_OUTPUT = form.record(
    {},
    {
        "effort": form.nullable(form.words("low", "medium", "high", "xhigh", "max")),
        "format": form.nullable(
            form.tagged("type", {"json_schema": form.record({"schema": _closed})})
        ),
    },
)
_COUNTED = {
    "output_config": _OUTPUT,
    "system": form.by_kind(
        {str: _said, list: form.list_of(form.tagged("type", {"text": _TEXT}), least=1)}
    ),
    "thinking": _THINKING,
    "tool_choice": _TOOL_CHOICE,
    "tools": form.list_of(_TOOL),
} | _CACHE
_COUNT_BODY = form.record({"model": form.text, "messages": _MESSAGES}, _COUNTED)
_BODY = form.record(
    {"model": form.text, "messages": _MESSAGES, "max_tokens": form.whole(1)},
    _COUNTED
    | {
        "inference_geo": form.nullable(form.text),
        "metadata": form.record({}, {"user_id": form.nullable(form.text)}),
        "service_tier": form.words("auto", "standard_only"),
        "speed": form.nullable(form.words("standard", "fast")),
        "stop_sequences": form.list_of(_said),
        "stream": form.flag,
        "temperature": form.number(0, 1),
        "top_k": form.whole(0),
        "top_p": form.number(0, 1),
    },
)


def check_count(body):
    """The same for a count of tokens."""
    _COUNT_BODY(body, ())
    _check_turns(body["messages"])


def check(body, version):
    """Refuses what the service would refuse."""
    _BODY(body, ())
    if version >= WITHOUT_SAMPLING:
        _check_newest(body)
    _check_turns(body["messages"])
    choice = body.get("tool_choice")
    names = [tool["name"] for tool in body.get("tools", [])]
    if choice and not names:
        raise Refusal(400, "is only taken with tools", ("tool_choice",))
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        raise Refusal(400, "is none of the tools", ("tool_choice", "name"))
    for at, name in enumerate(names):
        if name in names[:at]:
            raise Refusal(400, "tool names must be unique", ("tools", at, "name"))
    if body.get("thinking", {}).get("type") == "enabled":
        _check_thinking(body)


def _check_newest(body):
    """The newest version has no sampling, whatever its value, and no citations by users."""
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            raise Refusal(400, f"`{name}` is not known in this version", (name,), "unknown")
    for role, blocks, at in _turns(body["messages"]):
        if role == "user" and any(block.get("citations") for block in blocks if "text" in block):
            raise Refusal(400, "no citations in a user's texts in this version", ("messages", at))


def _check_thinking(body):
    if body["thinking"]["budget_tokens"] >= body["max_tokens"]:
        words = "must be greater than `thinking.budget_tokens`"
        raise Refusal(400, words, ("max_tokens",))
    if body.get("temperature", 1) != 1:
        raise Refusal(400, "may only be 1 when thinking is enabled", ("temperature",))
    if "top_k" in body:
        raise Refusal(400, "must be unset when thinking is enabled", ("top_k",))
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise Refusal(400, "no tool may be forced when thinking is enabled", ("tool_choice",))


def _blocks(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _turns(messages):
    """Neighbours of one role are one turn: role, blocks, and where the turn begins.

    What the system says in between belongs to nobody's turn.
    """
    turns = []
    for at, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(_blocks(message))
        else:
            turns.append((message["role"], list(_blocks(message)), at))
    return turns


def _check_turns(messages):
    if messages[0]["role"] != "user":
        raise Refusal(400, 'first message must use the "user" role', ("messages", 0, "role"))
    called = []
    for _, blocks, at in _turns(messages):
        path = ("messages", at)
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        for number, id in enumerate(answered):
            if id not in called:
                words = f"unexpected `tool_use_id` found in `tool_result` blocks: {id}"
                raise Refusal(400, words, path)
            if id in answered[:number]:
                raise Refusal(400, f"each tool_use must have a single result: {id}", path)
            if blocks[number]["type"] != "tool_result":
                raise Refusal(400, "`tool_result` blocks must come first", path)
        for id in called:
            if id not in answered:
                words = f"`tool_use` ids were found without `tool_result` blocks: {id}"
                raise Refusal(400, words, path)
        called = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if len(set(called)) < len(called):
            raise Refusal(400, "`tool_use` ids must be unique", path)
    if called:
        words = f"`tool_use` ids were found without `tool_result` blocks: {called[0]}"
        raise Refusal(400, words, ("messages", len(messages) - 1))
    last = _blocks(messages[-1])[-1]
    if (
        messages[-1]["role"] == "assistant"
        and last.get("text", "") != last.get("text", "").rstrip()
    ):
        words = "final assistant content cannot end with trailing whitespace"
        raise Refusal(400, words, ("messages", len(messages) - 1))


def ask_of(body):
    """The conversation as the mind sees it."""
    ask = Ask(limit=body["max_tokens"])
    ask.schema = (body.get("output_config") or {}).get("format") is not None
    choice = body.get("tool_choice", {"type": "auto"})
    ask.parallel = not choice.get("disable_parallel_tool_use", False)
    if choice["type"] != "none":
        ask.tools = [tool["name"] for tool in body.get("tools", [])]
    ask.wanted = choice.get("name")
    turns = _turns(body["messages"])
    role, blocks, _ = turns[-1]
    users = [own for own_role, own, _ in turns if own_role == "user"]
    ask.text = "".join(block["text"] for block in users[-1] if block["type"] == "text")
    if role == "user":
        ask.media = [_seen(block) for block in blocks if block["type"] in ("image", "document")]
        found = {b["tool_use_id"]: _result_text(b) for b in blocks if b["type"] == "tool_result"}
        called = turns[-2][1] if len(turns) > 1 else []
        ask.results = [found[b["id"]] for b in called if b["type"] == "tool_use"]
    return ask


def _result_text(block):
    content = block.get("content", "")
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


def _seen(block):
    source = block["source"]
    if source["type"] == "url":
        return media.of_url(source["url"], ())
    if source["type"] == "text":
        return source["media_type"], len(source["data"])
    return source["media_type"], len(media.decoded(source["data"], ()))
