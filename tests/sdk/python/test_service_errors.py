"""Calls of services that no provider could answer, and one that SDKs do not make any more."""

import json

import anthropic
import httpx2
import openai
import pytest
from providers import vector

from callers import SERVICE_CALLERS, OpenAIEmbeddings, OpenAIImages
from callers.embedder import SHORT, TEXTS, TOKENS
from crossing import those_who_serve
from service_cases import singles

by_name = pytest.mark.parametrize("caller", SERVICE_CALLERS, ids=lambda caller: caller.name)


@pytest.fixture
def account(crossing, request):
    return crossing.new_key(request.node.name)


@pytest.fixture
def call(crossing, account):
    """Makes callers that reach the gateway."""
    made = []

    def call(caller, key=account):
        made.append(caller(crossing.url, key))
        return made[-1]

    yield call
    for caller in made:
        caller.close()


@by_name
def test_an_unknown_model_is_a_404_that_names_the_service(call, caller):
    direct = call(caller)
    with pytest.raises(direct.errors[404], match=f"for {caller.service}") as caught:
        direct.ask("nobodys")
    assert direct.status(caught.value) == 404


@by_name
def test_a_wrong_key_is_a_401(call, caller):
    direct = call(caller, "wb_not-a-key")
    with pytest.raises(Exception) as caught:
        direct.ask(f"{caller.flavor}-plain")
    assert direct.status(caught.value) == 401
    assert "wb_not-a-key" not in str(caught.value)


@pytest.mark.parametrize("model", ["anthropic-plain", "gemini-plain", "ollama-plain"])
def test_a_model_that_makes_no_pictures_is_not_asked_for_them(call, model):
    with pytest.raises(openai.NotFoundError, match="for text-to-image"):
        call(OpenAIImages).ask(model)


def test_a_model_of_vectors_alone_is_no_model_to_talk_to(crossing, account):
    client = anthropic.Anthropic(api_key=account, base_url=crossing.url, max_retries=0, timeout=15)
    messages = [{"role": "user", "content": "Hello"}]
    with client, pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="aog-plain", messages=messages, max_tokens=9)


@pytest.mark.parametrize("given", [TOKENS[0], TOKENS], ids=["tokens", "lists"])
@pytest.mark.parametrize("provider", [it for it in those_who_serve("embed") if it != "openai"])
def test_tokens_are_refused_before_a_provider_that_cannot_read_them(
    call, servers, provider, given
):
    before = servers[provider].last
    with pytest.raises(openai.BadRequestError, match="send texts"):
        call(OpenAIEmbeddings).tokens(f"{provider}-plain", given)
    assert servers[provider].last is before


def test_an_input_that_openai_refuses_is_refused_in_its_words(call):
    for given in ("", ["a", ""]):
        with pytest.raises(openai.BadRequestError, match="cannot be an empty string") as caught:
            call(OpenAIEmbeddings).one("openai-plain", given)
        assert caught.value.code == "invalid_value"


def test_more_texts_than_gemini_takes_at_once_are_its_400(call):
    with pytest.raises(openai.BadRequestError, match="101 items"):
        call(OpenAIEmbeddings).several("gemini-plain", ["a"] * 101)


@pytest.mark.parametrize("provider", those_who_serve("embed"))
def test_geminis_older_verb_for_one_content_has_one_vector(crossing, account, provider):
    url = f"{crossing.url}/v1beta/models/{provider}-plain:embedContent"
    body = {"content": {"parts": [{"text": TEXTS[1]}]}, "outputDimensionality": SHORT}
    answer = httpx2.post(url, json=body, headers={"x-goog-api-key": account}, timeout=10)
    assert answer.status_code == 200, answer.text
    assert singles(answer.json()["embedding"]["values"]) == vector.of(TEXTS[1], SHORT)
    assert answer.json()["usageMetadata"]["promptTokenCount"] == vector.count(TEXTS[1])


@pytest.mark.parametrize("provider", those_who_serve("embed"))
def test_a_caller_who_leaves_takes_the_providers_call_along(crossing, servers, account, provider):
    client = openai.OpenAI(
        api_key=account, base_url=f"{crossing.url}/v1", max_retries=0, timeout=0.5
    )
    with client, pytest.raises(openai.APITimeoutError):
        client.embeddings.create(model=f"{provider}-slow", input=TEXTS)
    last = servers[provider].last
    assert TEXTS[0] in json.dumps(last.body, ensure_ascii=False)
    assert last.left.wait(5), "the provider's call was not ended"
    receipt = crossing.only_receipt(account)
    assert (receipt["outcome"], receipt["service"]) == ("cancelled", "embed")
