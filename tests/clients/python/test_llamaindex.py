"""LlamaIndex's models for servers like OpenAI's and for Ollama, with providers of every flavor."""

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.ollama import Ollama
from llama_index.llms.openai import OpenAIResponses
from llama_index.llms.openai_like import OpenAILike
from ollama import Client

from stand import FLAVORS

PROMPT = "How much does it weigh?"
WHOLE = "Weighed in and out."


def openai_like(url, key, model):
    # Without `is_chat_model` it asks for /v1/completions.
    return OpenAILike(
        api_base=f"{url}/v1",
        api_key=key,
        model=model,
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )


def openai_responses(url, key, model):
    return OpenAIResponses(
        api_base=f"{url}/v1", api_key=key, model=model, max_retries=0, context_window=8192
    )


def ollama(url, key, model):
    client = Client(host=url, headers={"authorization": f"Bearer {key}"})
    return Ollama(base_url=url, model=model, client=client, request_timeout=15)


OWN = {openai_like: "openai", openai_responses: "responses", ollama: "ollama"}


@pytest.fixture(params=OWN, ids=lambda connect: connect.__name__)
def connect(request):
    return request.param


@pytest.fixture(params=FLAVORS)
def flavor(request):
    return request.param


@pytest.fixture
def model(gateway, key, connect, flavor):
    return connect(gateway.url, key, f"{flavor}-plain")


@pytest.fixture
def conversion(connect, flavor):
    return "none" if OWN[connect] == flavor else "both"


def test_a_question_is_answered(model, receipts, conversion):
    reply = model.chat([ChatMessage("Be short.", role="system"), ChatMessage(PROMPT)])
    assert reply.message.content == WHOLE
    receipts(1, conversion)


def test_a_stream_comes_in_pieces(model, receipts, conversion):
    pieces = [piece.delta for piece in model.stream_chat([ChatMessage(PROMPT)]) if piece.delta]
    assert "".join(pieces) == WHOLE
    assert len(pieces) > 1
    receipts(1, conversion)


def test_a_tool_is_called_and_its_result_used(model, receipts, conversion):
    def get_weather(city: str) -> str:
        """Says what the weather is."""
        return f"18 degrees in {city}"

    tool = FunctionTool.from_defaults(get_weather)
    reply = model.predict_and_call([tool], "What is the weather in Paris?")
    assert str(reply) == "18 degrees in Paris"
    receipts(1, conversion)


def test_a_bare_prompt_is_completed_by_any_flavor(gateway, key, flavor, receipts):
    # Without `is_chat_model` it asks for /v1/completions, which a provider of another shape is asked as a chat.
    model = OpenAILike(
        api_base=f"{gateway.url}/v1", api_key=key, model=f"{flavor}-plain", max_retries=0
    )
    assert model.complete(PROMPT).text == WHOLE
    receipts(1, "both")
