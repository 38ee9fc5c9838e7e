"""What Continue sends, as its source writes it: its choices `openai` and `ollama`.

It names the key in several headers, and older and newer words for the same thing.
"""

import pytest

from one_call import call
from stand import FLAVORS

WHOLE = "Weighed in and out."
CHAT = {
    "messages": [
        {"role": "system", "content": "You are a weighbridge."},
        {"role": "user", "content": "How much does it weigh?"},
    ],
    "max_tokens": 4096,
    "temperature": 0.5,
    "stream": True,
}
OPTIONS = {"temperature": 0.5, "num_predict": 4096, "num_ctx": 8192}
TOOL = {
    "name": "get_weather",
    "description": "Says what the weather is.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def headers(key):
    return {"authorization": f"Bearer {key}", "api-key": key}


@pytest.mark.parametrize("flavor", FLAVORS)
def test_openai_chat(gateway, headers, receipts, flavor):
    body = CHAT | {"model": f"{flavor}-plain"}
    reply = call(gateway.url, "POST", "/v1/chat/completions", headers, body)
    assert reply.status == 200, reply.body
    deltas = [choice["delta"] for event in reply.events() for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == WHOLE
    receipts(1, "none" if flavor == "openai" else "both")


@pytest.mark.parametrize("flavor", FLAVORS)
def test_openai_chat_with_tools(gateway, headers, flavor):
    body = CHAT | {
        "model": f"{flavor}-plain",
        "tools": [{"type": "function", "function": TOOL}],
        "parallel_tool_calls": False,
    }
    reply = call(gateway.url, "POST", "/v1/chat/completions", headers, body)
    assert reply.status == 200, reply.body
    deltas = [choice["delta"] for event in reply.events() for choice in event["choices"]]
    calls = [one["function"] for delta in deltas for one in delta.get("tool_calls") or []]
    assert [one["name"] for one in calls if one.get("name")] == ["get_weather"]
    assert "".join(one.get("arguments", "") for one in calls).replace(" ", "") == '{"city":"Paris"}'


def test_openai_models(gateway, headers):
    reply = call(gateway.url, "GET", "/v1/models", headers)
    assert "openai-plain" in [model["id"] for model in reply.json()["data"]]


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [("/v1/completions", 400, "suffix"), ("/v1/fim/completions", 404, "/v1/fim/completions")],
)
def test_filling_in_is_refused_at_once(gateway, key, headers, path, status, word):
    """It does without completions then; the reason is for who set it up."""
    body = {"model": "openai-plain", "prompt": "def weigh(", "suffix": "\n", "stream": True}
    reply = call(gateway.url, "POST", path, headers | {"x-api-key": key}, body)
    assert reply.status == status
    assert reply.headers["x-should-retry"] == "false"
    assert word in reply.json()["error"]["message"]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_ollama_chat(gateway, key, receipts, flavor):
    headers = {"authorization": f"Bearer {key}"}
    shown = call(gateway.url, "POST", "/api/show", headers, {"name": f"{flavor}-plain"})
    assert shown.status == 200
    assert "tools" in shown.json()["capabilities"]
    body = {
        "model": f"{flavor}-plain",
        "messages": CHAT["messages"],
        "options": OPTIONS,
        "keep_alive": 1800,
        "stream": True,
    }
    reply = call(gateway.url, "POST", "/api/chat", headers, body)
    assert reply.status == 200, reply.body
    assert "".join(line["message"]["content"] for line in reply.lines()) == WHOLE
    receipts(1, "none" if flavor == "ollama" else "both")


@pytest.mark.parametrize("flavor", FLAVORS)
def test_ollama_chat_with_tools(gateway, key, flavor):
    headers = {"authorization": f"Bearer {key}"}
    body = {
        "model": f"{flavor}-plain",
        "messages": CHAT["messages"],
        "options": OPTIONS,
        "keep_alive": 1800,
        "stream": False,
        "tools": [{"type": "function", "function": TOOL}],
    }
    reply = call(gateway.url, "POST", "/api/chat", headers, body)
    assert reply.status == 200, reply.body
    [called] = reply.json()["message"]["tool_calls"]
    assert called["function"]["arguments"] == {"city": "Paris"}


@pytest.mark.parametrize("flavor", FLAVORS)
def test_ollama_generate(gateway, key, receipts, flavor):
    headers = {"authorization": f"Bearer {key}"}
    body = {
        "model": f"{flavor}-plain",
        "prompt": "How much does it weigh?",
        "options": OPTIONS,
        "keep_alive": 1800,
        "stream": True,
    }
    reply = call(gateway.url, "POST", "/api/generate", headers, body)
    assert reply.status == 200, reply.body
    assert "".join(line["response"] for line in reply.lines()) == WHOLE
    receipts(1, "none" if flavor == "ollama" else "both")


def test_filling_in_goes_to_an_ollama_and_nowhere_else(gateway, key):
    headers = {"authorization": f"Bearer {key}"}
    body = {"prompt": "def weigh(", "suffix": "\n", "stream": False, "options": OPTIONS}
    there = call(gateway.url, "POST", "/api/generate", headers, body | {"model": "ollama-plain"})
    assert there.status == 200, there.body
    body |= {"model": "openai-plain"}
    elsewhere = call(gateway.url, "POST", "/api/generate", headers, body)
    assert elsewhere.status == 400
    assert "suffix" in elsewhere.json()["error"]


def test_embeddings_are_refused_where_no_provider_has_them(gateway, key):
    headers = {"authorization": f"Bearer {key}"}
    body = {"model": "ollama-plain", "input": ["a"]}
    for path in ("/api/embed", "/v1/embeddings"):
        reply = call(gateway.url, "POST", path, headers, body)
        assert reply.status == 404
        assert "not served here for embed" in str(reply.json()["error"])
