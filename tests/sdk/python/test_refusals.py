"""What the scripted providers do not take, so that what they take says something."""

import base64
import copy
import json

import httpx2
import pytest
from providers import SECRET

from callers.caller import PNG as DOT

PNG = base64.b64encode(DOT).decode()
JPEG = "/9j/4AAQSkZJRgABAQ=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
BEARER = {"authorization": f"Bearer {SECRET}"}
ANTHROPIC = {"x-api-key": SECRET, "anthropic-version": "2023-06-01"}

CHAT_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
}
CHAT = {
    "model": "openai-plain",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look."},
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{PNG}"},
                },
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [CHAT_CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
    "temperature": 1.5,
}
RESPONSES = {
    "model": "responses-plain",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look."},
                {
                    "type": "input_image",
                    "image_url": f"data:image/png;base64,{PNG}",
                },
            ],
        },
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "18 degrees"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": SCHEMA, "strict": False}],
}
MESSAGES = {
    "model": "anthropic-plain",
    "max_tokens": 100,
    "temperature": 0.5,
    "system": "Be brief.",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look."},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": PNG},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "18 degrees"},
            ],
        },
    ],
    "tools": [{"name": "f", "input_schema": SCHEMA}],
}
GEMINI_CALL = {
    "functionCall": {"name": "f", "args": {}},
    "thoughtSignature": "skip_thought_signature_validator",
}
GEMINI = {
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "Look."},
                {"inlineData": {"mimeType": "image/png", "data": PNG}},
            ],
        },
        {"role": "model", "parts": [GEMINI_CALL]},
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "f", "response": {"result": "18 degrees"}}},
            ],
        },
    ],
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}]}],
    "generationConfig": {"temperature": 0.5},
}
OLLAMA = {
    "model": "ollama-plain",
    "stream": False,
    "messages": [
        {"role": "user", "content": "Look.", "images": [PNG]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "call_1", "function": {"index": 0, "name": "f", "arguments": {}}},
            ],
        },
        {"role": "tool", "tool_name": "f", "tool_call_id": "call_1", "content": "18 degrees"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
    "options": {"temperature": 0.5},
}
REQUESTS = {
    "openai": ("/v1/chat/completions", BEARER, CHAT),
    "responses": ("/v1/responses", BEARER, RESPONSES),
    "anthropic": ("/v1/messages", ANTHROPIC, MESSAGES),
    "gemini": ("/v1beta/models/gemini-plain:generateContent", {"x-goog-api-key": SECRET}, GEMINI),
    "ollama": ("/api/chat", BEARER, OLLAMA),
}
GONE = object()

# Flavor, the way to what is changed, what it is changed to, and what the refusal names.
CHANGES = [
    ("openai", "surprise", 1, "surprise"),
    ("openai", "temperature", 2.5, "temperature"),
    ("openai", "temperature", "hot", "temperature"),
    ("openai", "max_tokens", 0, "max_tokens"),
    ("openai", "tool_choice", {"type": "function", "function": {"name": "g"}}, "tool_choice"),
    ("openai", "stream_options", {"include_usage": True}, "stream_options"),
    ("openai", "response_format", {"type": "json_object"}, "json"),
    ("openai", "messages.0.role", "narrator", "messages[0].role"),
    ("openai", "messages.0.surprise", 1, "messages[0].surprise"),
    ("openai", "messages.1.content", [], "messages[1].content"),
    ("openai", "messages.1.content.1.image_url.url", PNG, "url"),
    ("openai", "messages.1.content.1.image_url.url", "data:image/png;base64,#", "base64"),
    ("openai", "messages.1.content.1.image_url.url", f"data:image/png;base64,{JPEG}", "image/jpeg"),
    ("openai", "messages.2.tool_calls.0.function.arguments", "{", "arguments"),
    ("openai", "messages.2.tool_calls.0.function.arguments", {}, "arguments"),
    ("openai", "messages.2.tool_calls.0.id", "call_2", "messages[3].tool_call_id"),
    ("openai", "messages.3.tool_call_id", "call_2", "messages[3].tool_call_id"),
    ("openai", "messages.3", GONE, "call_1"),
    ("openai", "tools", GONE, None),
    ("openai", "tools.0.function.strict", True, "additionalProperties"),
    ("responses", "surprise", 1, "surprise"),
    ("responses", "stop", ["x"], "stop"),
    ("responses", "messages", [], "messages"),
    ("responses", "previous_response_id", "resp_1", "previous_response_id"),
    ("responses", "input.0.role", "narrator", "input[0].role"),
    ("responses", "input.0.role", "assistant", "input[0].content[0].type"),
    ("responses", "input.0.content.1.image_url", "data:;base64,", "image_url"),
    ("responses", "input.1.arguments", "[]", "arguments"),
    ("responses", "input.1", GONE, "input[1].call_id"),
    ("responses", "input.2", GONE, "call_1"),
    ("responses", "input.2.call_id", "call_2", "call_2"),
    ("responses", "tools.0.parameters", GONE, "parameters"),
    (
        "responses",
        "text",
        {"format": {"type": "json_schema", "schema": SCHEMA}},
        "text.format.name",
    ),
    ("anthropic", "surprise", 1, "surprise: Extra inputs are not permitted"),
    ("anthropic", "max_tokens", GONE, "max_tokens: Field required"),
    ("anthropic", "max_tokens", "many", "max_tokens"),
    ("anthropic", "temperature", 1.5, "temperature"),
    ("anthropic", "seed", 1, "seed"),
    ("anthropic", "system", "", "system"),
    ("anthropic", "messages.0", GONE, "user"),
    ("anthropic", "messages.0.role", "tool", "messages.0.role"),
    ("anthropic", "messages.0.content.0.text", "", "non-empty"),
    ("anthropic", "messages.0.content.0.text", " ", "non-whitespace"),
    ("anthropic", "messages.0.content.1.source.media_type", GONE, "media_type"),
    ("anthropic", "messages.0.content.1.source.media_type", "image/jpeg", "image/png"),
    ("anthropic", "messages.0.content.1.source.data", "####", "base64"),
    ("anthropic", "messages.1.content.0.id", "call:1", "pattern"),
    ("anthropic", "messages.1.content.0.input", "{}", "input"),
    ("anthropic", "messages.1", GONE, "toolu_1"),
    ("anthropic", "messages.2", GONE, "toolu_1"),
    ("anthropic", "messages.2.content.0.tool_use_id", "toolu_2", "toolu_2"),
    ("anthropic", "tool_choice", {"type": "tool", "name": "g"}, "tool_choice"),
    ("anthropic", "tools.0.input_schema", {}, "input_schema"),
    ("anthropic", "thinking", {"type": "enabled", "budget_tokens": 2000}, "max_tokens"),
    (
        "anthropic",
        "output_config",
        {"format": {"type": "json_schema", "schema": SCHEMA}},
        "additionalProperties",
    ),
    ("gemini", "surprise", 1, "surprise"),
    ("gemini", "generationConfig.surprise", 1, "generationConfig"),
    ("gemini", "generationConfig.temperature", 2.5, "temperature"),
    ("gemini", "generationConfig.stopSequences", list("abcdef"), "stopSequences"),
    ("gemini", "generationConfig.responseJsonSchema", SCHEMA, "responseMimeType"),
    ("gemini", "contents.0", GONE, "user"),
    ("gemini", "contents.0.role", "assistant", "contents[0].role"),
    ("gemini", "contents.0.parts", [], "contents[0].parts"),
    ("gemini", "contents.0.parts.0.inlineData", {"mimeType": "image/png", "data": PNG}, "one of"),
    ("gemini", "contents.0.parts.1.inlineData.mimeType", GONE, "mimeType"),
    ("gemini", "contents.0.parts.1.inlineData.data", "###", "base64"),
    ("gemini", "contents.1.parts.0.functionCall.name", "g", "function response"),
    ("gemini", "contents.1.parts.0.functionCall.args", "{}", "args"),
    ("gemini", "contents.1.parts.0.thoughtSignature", GONE, "thought_signature"),
    ("gemini", "contents.1.parts.0.thoughtSignature", "Zm9yZWlnbg==", "signature"),
    ("gemini", "contents.1.parts.0", {"text": "No."}, "number of function response parts"),
    ("gemini", "contents.2.parts.0", {"text": "So?"}, "number of function response parts"),
    ("gemini", "tools.0.functionDeclarations.0.parameters", {"type": "OBJECT"}, "parameters"),
    ("ollama", "surprise", 1, "surprise"),
    ("ollama", "options.surprise", 1, "options.surprise"),
    ("ollama", "tool_choice", "auto", "tool_choice"),
    ("ollama", "messages.0.content", [{"type": "text", "text": "Look."}], "messages[0].content"),
    ("ollama", "messages.0.role", "developer", "messages[0].role"),
    ("ollama", "messages.0.images.0", f"data:image/png;base64,{PNG}", "images[0]"),
    ("ollama", "messages.0.images.0", "####", "base64"),
    ("ollama", "messages.1.tool_calls.0.function.arguments", "{}", "arguments"),
    ("ollama", "messages.1", GONE, "call_1"),
    ("ollama", "messages.2.tool_name", "g", "tool_name"),
]


def post(servers, flavor, body, headers=None):
    path, credential, _ = REQUESTS[flavor]
    content = body if isinstance(body, bytes) else json.dumps(body)
    url = f"{servers[flavor].root}{path}"
    return httpx2.post(url, content=content, headers=credential | (headers or {}), timeout=10)


def changed(body, way, value):
    body = copy.deepcopy(body)
    *parents, last = [int(step) if step.isdigit() else step for step in way.split(".")]
    place = body
    for step in parents:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize("flavor", REQUESTS)
def test_the_whole_request_is_taken(servers, flavor):
    answer = post(servers, flavor, REQUESTS[flavor][2])
    assert answer.status_code == 200, answer.text
    assert "The weather is 18 degrees" in answer.text


@pytest.mark.parametrize(
    ("flavor", "way", "value", "named"),
    CHANGES,
    ids=[f"{at}-{flavor}-{way}" for at, (flavor, way, _, _) in enumerate(CHANGES)],
)
def test_a_small_mistake_is_named(servers, flavor, way, value, named):
    answer = post(servers, flavor, changed(REQUESTS[flavor][2], way, value))
    if named is None:
        assert answer.status_code == 200, answer.text
        return
    assert answer.status_code == 400, answer.text
    assert named in json.dumps(answer.json(), ensure_ascii=False)


@pytest.mark.parametrize("flavor", REQUESTS)
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"model":"m","model":"m"}', b'{"a":NaN}'])
def test_a_body_that_is_none_is_refused(servers, flavor, body):
    assert post(servers, flavor, body).status_code == 400


def test_every_flavor_has_errors_of_its_own(servers):
    shapes = {name: post(servers, name, {}).json() for name in REQUESTS}
    assert shapes["openai"]["error"]["code"] == "missing_required_parameter"
    assert shapes["openai"]["error"]["param"] == "model"
    assert shapes["responses"]["error"]["type"] == "invalid_request_error"
    assert shapes["anthropic"]["type"] == "error"
    assert shapes["anthropic"]["error"]["type"] == "invalid_request_error"
    assert shapes["gemini"]["error"]["status"] == "INVALID_ARGUMENT"
    assert shapes["gemini"]["error"]["code"] == 400
    assert isinstance(shapes["ollama"]["error"], str)


def test_anthropic_needs_a_version_and_the_newest_has_no_sampling(servers):
    path, _, body = REQUESTS["anthropic"]
    url = f"{servers['anthropic'].root}{path}"
    answer = httpx2.post(url, json=body, headers={"x-api-key": SECRET})
    assert answer.status_code == 400
    assert "anthropic-version" in answer.text
    newest = {"anthropic-version": "2026-10-21"}
    answer = post(servers, "anthropic", body, newest)
    assert answer.status_code == 400
    assert "temperature: Extra inputs are not permitted" in answer.text
    assert post(servers, "anthropic", changed(body, "temperature", GONE), newest).status_code == 200


def test_gemini_takes_both_ways_to_spell_a_name(servers):
    spelled = json.dumps(GEMINI).replace("inlineData", "inline_data")
    spelled = spelled.replace("mimeType", "mime_type").replace("thoughtS", "thought_s")
    answer = post(servers, "gemini", spelled.encode())
    assert answer.status_code == 200, answer.text
