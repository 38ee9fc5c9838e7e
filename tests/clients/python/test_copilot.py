"""What VS Code's Copilot asks an Ollama before and when it calls, as public threads tell it.

It comes by an address with a token in it, for its choice `Ollama` has no place for a key.
"""

import pytest

from one_call import call
from stand import FLAVORS


def test_it_finds_an_ollama_that_is_new_enough(address):
    version = call(address, "GET", "/api/version").json()["version"]
    assert [int(part) for part in version.split(".")] >= [0, 6, 4]


def test_it_finds_models_with_tools(address):
    for model in call(address, "GET", "/api/tags").json()["models"]:
        shown = call(address, "POST", "/api/show", body={"model": model["model"]}).json()
        assert "tools" in shown["capabilities"]
        assert shown["model_info"]["general.architecture"]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_it_chats_as_with_openai_on_the_same_address(address, receipts, flavor):
    tool = {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}
    body = {
        "model": f"{flavor}-plain",
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "tools": [{"type": "function", "function": tool}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    # Its own key for nobody in particular counts for nothing.
    headers = {"authorization": "Bearer ollama"}
    reply = call(address, "POST", "/v1/chat/completions", headers, body)
    assert reply.status == 200, reply.body
    choices = [choice for event in reply.events() for choice in event["choices"]]
    assert choices[-1]["finish_reason"] == "tool_calls"
    receipts(1)
