"""LangChain's chat models with providers of every flavor."""

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from stand import FLAVORS

PROMPT = "How much does it weigh?"
WHOLE = "Weighed in and out."


def openai_chat(url, key, model):
    return ChatOpenAI(base_url=f"{url}/v1", api_key=key, model=model, max_retries=0)


def openai_responses(url, key, model):
    return ChatOpenAI(
        base_url=f"{url}/v1", api_key=key, model=model, max_retries=0, use_responses_api=True
    )


def anthropic(url, key, model):
    return ChatAnthropic(base_url=url, api_key=key, model=model, max_retries=0)


def gemini(url, key, model):
    return ChatGoogleGenerativeAI(base_url=url, api_key=key, model=model, max_retries=1)


def ollama(url, key, model):
    headers = {"headers": {"authorization": f"Bearer {key}"}}
    return ChatOllama(base_url=url, model=model, client_kwargs=headers)


# Which flavor of provider needs no conversion.
OWN = {
    openai_chat: "openai",
    openai_responses: "responses",
    anthropic: "anthropic",
    gemini: "gemini",
    ollama: "ollama",
}


# What cannot hold, as (test, caller, provider). Each is run all the same and has to fail.
CANNOT = {
    (
        "test_a_tool_is_called_and_its_result_used",
        ollama,
        "ollama",
    ): "it does not say whose result it sends; Ollama takes that, the scripted provider is stricter"
}


class Weather(BaseModel):
    """The weather of a city."""

    city: str
    degrees: int


@tool
def get_weather(city: str) -> str:
    """Says what the weather is."""
    return f"18 degrees in {city}"


@pytest.fixture(params=OWN, ids=lambda connect: connect.__name__)
def connect(request):
    return request.param


@pytest.fixture(params=FLAVORS)
def flavor(request):
    return request.param


@pytest.fixture
def model(gateway, key, connect, flavor, request):
    reason = CANNOT.get((request.node.originalname, connect, flavor))
    if reason:
        request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    return connect(gateway.url, key, f"{flavor}-plain")


@pytest.fixture
def conversion(connect, flavor):
    return "none" if OWN[connect] == flavor else "both"


def test_a_question_is_answered_with_its_usage(model, receipts, conversion):
    reply = model.invoke(PROMPT)
    assert reply.text == WHOLE
    assert reply.usage_metadata["input_tokens"] == 9
    assert reply.usage_metadata["output_tokens"] == 3
    receipts(1, conversion)


def test_a_stream_comes_in_pieces(model, receipts, conversion):
    pieces = [piece.text for piece in model.stream(PROMPT) if piece.text]
    assert "".join(pieces) == WHOLE
    assert len(pieces) > 1
    receipts(1, conversion)


def test_a_tool_is_called_and_its_result_used(model, receipts, conversion):
    bound = model.bind_tools([get_weather])
    asked = HumanMessage("What is the weather in Paris?")
    called = bound.invoke([asked])
    [call] = called.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris"})
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    reply = bound.invoke([asked, called, result])
    assert reply.text == "The weather is 18 degrees in Paris"
    receipts(2, conversion)


def test_an_answer_keeps_to_a_schema(model, receipts, conversion):
    bound = model.with_structured_output(Weather, method="json_schema")
    weather = bound.invoke("Give me the weather in Paris as json.")
    assert weather == Weather(city="Paris", degrees=21)
    receipts(1, conversion)
