"""What Open WebUI's server sends, and its pages where a user connects directly."""

import pytest

from one_call import call
from stand import FLAVORS

WHOLE = "Weighed in and out."
MESSAGES = [{"role": "user", "content": "How much does it weigh?"}]
# What it forwards where it is told to say who asks.
PERSON = {
    "X-OpenWebUI-User-Name": "Ann%20Bell",
    "X-OpenWebUI-User-Id": "user-7",
    "X-OpenWebUI-User-Email": "ann@example.com",
    "X-OpenWebUI-User-Role": "user",
    "X-OpenWebUI-Chat-Id": "chat-9",
}


@pytest.fixture
def headers(key):
    return {"authorization": f"Bearer {key}"} | PERSON


def test_the_openai_side_lists_models_below_its_base(gateway, headers):
    for base in ("/v1", ""):
        reply = call(gateway.url, "GET", f"{base}/models", headers)
        assert reply.json()["object"] == "list"
        assert "gemini-plain" in [model["id"] for model in reply.json()["data"]]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_the_openai_side_chats(gateway, headers, receipts, flavor):
    body = {"stream": True, "model": f"{flavor}-plain", "messages": MESSAGES}
    body["stream_options"] = {"include_usage": True}
    reply = call(gateway.url, "POST", "/v1/chat/completions", headers, body)
    assert reply.status == 200, reply.body
    events = reply.events()
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == WHOLE
    assert [event["usage"]["total_tokens"] for event in events if event.get("usage")] == [12]
    [receipt] = receipts(1)
    # A key that nobody has trusted with it says nothing about people.
    assert (receipt["end_user"], receipt["session"]) == (None, None)


def test_a_trusted_key_says_who_asks(gateway, trusted_key, receipts):
    body = {"stream": False, "model": "openai-plain", "messages": MESSAGES}
    headers = {"authorization": f"Bearer {trusted_key}"} | PERSON
    call(gateway.url, "POST", "/v1/chat/completions", headers, body)
    [receipt] = receipts(1)
    assert (receipt["end_user"], receipt["session"]) == ("user-7", "chat-9")


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("flavor", FLAVORS)
def test_it_has_titles_made(gateway, headers, flavor, limit):
    body = {"model": f"{flavor}-plain", "messages": MESSAGES, "stream": False, limit: 1000}
    reply = call(gateway.url, "POST", "/v1/chat/completions", headers, body)
    assert reply.status == 200, reply.body
    assert reply.json()["choices"][0]["message"]["content"] == WHOLE


def test_the_ollama_side_is_verified_and_listed(gateway, headers):
    version = call(gateway.url, "GET", "/api/version").json()["version"]
    assert [int(part) for part in version.split(".")] >= [0, 6, 4]
    tags = call(gateway.url, "GET", "/api/tags", headers).json()["models"]
    assert "anthropic-plain" in [model["model"] for model in tags]
    assert {"name", "modified_at", "size", "digest", "details"} <= set(tags[0])
    assert call(gateway.url, "GET", "/api/ps", headers).json() == {"models": []}
    shown = call(gateway.url, "POST", "/api/show", headers, {"model": "anthropic-plain"})
    assert "completion" in shown.json()["capabilities"]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_the_ollama_side_chats(gateway, headers, receipts, flavor):
    body = {
        "model": f"{flavor}-plain",
        "messages": MESSAGES,
        "options": {"num_ctx": 2048, "temperature": 0.8, "stop": ["END"]},
        "keep_alive": "5m",
        "stream": True,
    }
    if flavor == "responses":
        # Responses have no stop sequences; a model that heeds none would say more than was asked.
        del body["options"]["stop"]
    reply = call(gateway.url, "POST", "/api/chat", headers, body)
    assert reply.status == 200, reply.body
    assert "".join(line["message"]["content"] for line in reply.lines()) == WHOLE
    assert reply.lines()[-1]["eval_count"] == 3
    receipts(1)


def test_the_ollama_address_serves_the_other_flavors_too(gateway, headers):
    chat = {"model": "gemini-plain", "messages": MESSAGES}
    reply = call(gateway.url, "POST", "/v1/chat/completions", headers, chat)
    assert reply.json()["choices"][0]["message"]["content"] == WHOLE
    responses = {"model": "gemini-plain", "input": "How much does it weigh?"}
    reply = call(gateway.url, "POST", "/v1/responses", headers, responses)
    assert reply.json()["output"][0]["content"][0]["text"] == WHOLE
    messages = chat | {"max_tokens": 100}
    version = {"anthropic-version": "2023-06-01"}
    reply = call(gateway.url, "POST", "/v1/messages", headers | version, messages)
    assert reply.json()["content"][0]["text"] == WHOLE


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/api/chat"])
def test_a_page_may_connect_directly(gateway, headers, path):
    """The browser asks first, and without the key."""
    wanted = "authorization,content-type,x-stainless-os,x-stainless-retry-count"
    asked = {
        "origin": "https://chat.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": wanted,
    }
    reply = call(gateway.url, "OPTIONS", path, asked)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-headers"] == wanted
    assert "POST" in reply.headers["access-control-allow-methods"]
    listed = call(gateway.url, "GET", "/v1/models", headers | {"origin": asked["origin"]})
    assert listed.headers["access-control-allow-origin"] == "*"
