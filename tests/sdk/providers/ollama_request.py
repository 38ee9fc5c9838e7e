"""A request of Ollama's chat or generate: what is taken, and what the mind sees of it."""

from . import form, media
from .mind import Ask
from .refusal import Refusal


def _image(value, path):
    """Bare base64 of something that the server knows by its bytes."""
    if isinstance(value, str) and value.startswith("data:"):
        raise Refusal(400, "illegal base64 data: no data URL is taken", path)
    if media.kind_of(media.decoded(value, path)) is None:
        raise Refusal(400, "image: unknown format", path)


_IMAGES = form.list_of(_image)
_TOOL_CALL = form.record(
    {
        "function": form.record(
            {"name": form.filled, "arguments": form.mapping}, {"index": form.whole(0)}
        )
    },
    {"id": form.filled},
)
_MESSAGE_REST = {"content": form.text, "images": _IMAGES}
_MESSAGES = form.list_of(
    form.tagged(
        "role",
        {
            "system": form.record({"content": form.text}, _MESSAGE_REST),
            "user": form.record({"content": form.text}, _MESSAGE_REST),
            "assistant": form.record(
                {},
                _MESSAGE_REST | {"thinking": form.text, "tool_calls": form.list_of(_TOOL_CALL)},
            ),
            "tool": form.record(
                {"content": form.text},
                _MESSAGE_REST | {"tool_name": form.filled, "tool_call_id": form.filled},
            ),
        },
    ),
    least=1,
)
_FUNCTION = form.record(
    {"name": form.filled}, {"description": form.text, "parameters": form.schema}
)
_TOOLS = form.list_of(form.tagged("type", {"function": form.record({"function": _FUNCTION})}))
_WHOLE = (
    "num_ctx",
    "num_batch",
    "num_gpu",
    "main_gpu",
    "num_thread",
    "num_keep",
    "seed",
    "num_predict",
    "top_k",
    "repeat_last_n",
    "mirostat",
)
_NUMBER = (
    "top_p",
    "min_p",
    "tfs_z",
    "typical_p",
    "temperature",
    "repeat_penalty",
    "presence_penalty",
    "frequency_penalty",
    "mirostat_tau",
    "mirostat_eta",
)
_FLAG = (
    "numa",
    "low_vram",
    "f16_kv",
    "logits_all",
    "vocab_only",
    "use_mmap",
    "use_mlock",
    "embedding_only",
    "penalize_newline",
)
OPTIONS = form.record(
    {},
    # The server passes over an option that is null.
    {name: form.nullable(form.whole()) for name in _WHOLE}
    | {name: form.nullable(form.number()) for name in _NUMBER}
    | {name: form.nullable(form.flag) for name in _FLAG}
    | {"stop": form.nullable(form.list_of(form.text))},
)
KEEP_ALIVE = form.by_kind({str: form.text, int: form.whole(), float: form.number()})
_SHARED = {
    "format": form.by_kind({str: form.words("", "json"), dict: form.schema}),
    "keep_alive": KEEP_ALIVE,
    "logprobs": form.flag,
    "options": OPTIONS,
    "stream": form.flag,
    "think": form.by_kind({bool: form.flag, str: form.words("low", "medium", "high", "max")}),
    "top_logprobs": form.whole(0, 20),
}
_CHAT = form.record({"model": form.filled, "messages": _MESSAGES}, _SHARED | {"tools": _TOOLS})
_PROMPT = form.record(
    {"model": form.filled, "prompt": form.text},
    _SHARED
    | {
        "context": form.list_of(form.whole(0)),
        "images": _IMAGES,
        "raw": form.flag,
        "suffix": form.text,
        "system": form.text,
        "template": form.text,
    },
)


def check_prompt(body):
    """Refuses what the server would refuse, and whatever it would overlook."""
    _PROMPT(body, ())


def check_chat(body):
    """The same for a chat."""
    _CHAT(body, ())
    called = []
    for at, message in enumerate(body["messages"]):
        path = ("messages", at)
        for call in message.get("tool_calls", []):
            called.append((call.get("id"), call["function"]["name"]))
        if message["role"] != "tool":
            continue
        id, name = message.get("tool_call_id"), message.get("tool_name")
        if id is None and name is None:
            raise Refusal(400, "a result says which tool it is of", (*path, "tool_name"), "missing")
        if id is not None and id not in [own for own, _ in called]:
            raise Refusal(400, f"`{id}` was never called", (*path, "tool_call_id"))
        if name is not None and name not in [own for _, own in called]:
            raise Refusal(400, f"`{name}` was never called", (*path, "tool_name"))


def _shared(body):
    ask = Ask(limit=body.get("options", {}).get("num_predict"))
    ask.schema = isinstance(body.get("format"), dict)
    return ask


def _seen(images):
    data = [media.decoded(image, ()) for image in images]
    return [(media.kind_of(it), len(it)) for it in data]


def ask_of_prompt(body):
    """What is prompted as the mind sees it."""
    ask = _shared(body)
    ask.text, ask.media = body["prompt"], _seen(body.get("images", []))
    return ask


def ask_of_chat(body):
    """The conversation as the mind sees it."""
    ask = _shared(body)
    messages = body["messages"]
    ask.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
    turn = []
    for message in reversed(messages):
        if message["role"] != "user":
            break
        turn.insert(0, message)
    users = turn or [message for message in messages if message["role"] == "user"][-1:]
    ask.text = "".join(message["content"] for message in users)
    ask.media = _seen([image for message in turn for image in message.get("images", [])])
    ask.results = _results(messages)
    return ask


def _results(messages):
    """The results since the model last spoke, in the order of their calls where they say which."""
    found = []
    for message in reversed(messages):
        if message["role"] == "tool":
            found.insert(0, message)
        elif message["role"] == "assistant":
            calls = message.get("tool_calls", [])
            by_id = {it["tool_call_id"]: it for it in found if "tool_call_id" in it}
            if len(by_id) == len(found):
                found = [by_id[call["id"]] for call in calls if call.get("id") in by_id]
            return [it["content"] for it in found] if calls else []
    return []
