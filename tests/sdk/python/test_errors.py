"""Refusals and failures: the right exception, our words, no silent success."""

import openai
import pytest

from provider import SECRET


def test_a_wrong_key_is_said_once_in_our_words(connect, provider, messages, text):
    client = connect(api_key="wb_not-a-key")
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="plain", messages=messages)
    assert len(client.requests) == 1
    assert caught.value.code == "invalid_api_key"
    assert "key" in caught.value.message
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert caught.value.request_id
    assert "wb_not-a-key" not in caught.value.message
    assert provider.calls_of(text) == []


def test_an_unknown_model_is_named_with_its_neighbours(client, messages):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="plian", messages=messages)
    assert len(client.requests) == 1
    assert caught.value.code == "model_not_found"
    assert "plian" in caught.value.message
    assert "plain" in caught.value.message


def test_a_providers_400_is_passed_on(client, gateway, key, messages):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="context-length", messages=messages)
    assert caught.value.code == "context_length_exceeded"
    assert "8192" in caught.value.message
    assert gateway.only_receipt(key)["outcome"] == "error"


def test_a_providers_401_is_not_shown_as_the_callers(connect, messages):
    client = connect(max_retries=0)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="bad-credential", messages=messages)
    assert caught.value.status_code == 502
    assert SECRET not in caught.value.response.text


def test_a_providers_429_says_when_to_come_back(connect, messages):
    client = connect(max_retries=0)
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="rate-limited", messages=messages)
    assert caught.value.response.headers["retry-after"] == "7"


def test_a_providers_500_page_becomes_an_error(connect, gateway, key, messages):
    client = connect(max_retries=0)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="broken", messages=messages)
    assert caught.value.body, "the answer is JSON in the caller's shape"
    assert gateway.only_receipt(key)["outcome"] == "error"


def test_a_reply_that_ends_early_is_no_reply(connect, gateway, key, messages):
    client = connect(max_retries=0)
    with pytest.raises(openai.APIError):
        client.chat.completions.create(model="early-close", messages=messages)
    receipt = gateway.only_receipt(key)
    assert receipt["outcome"] == "error"
    assert receipt["output"]["complete"] is False


def test_a_stream_that_is_cut_ends_in_an_exception(client, gateway, key, messages):
    stream = client.chat.completions.create(model="cut", messages=messages, stream=True)
    with pytest.raises(openai.APIError):
        for _ in stream:
            pass
    receipt = gateway.only_receipt(key)
    assert receipt["outcome"] == "error"
    assert receipt["output"]["complete"] is False


def test_a_bad_request_is_refused_before_anything_is_sent(client, provider, text):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", cast_to=object, body={"messages": [text]})
    assert "model" in caught.value.message
    assert len(client.requests) == 1


def test_a_stream_that_is_refused_is_an_ordinary_error(client, messages):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="context-length", messages=messages, stream=True)
    assert caught.value.code == "context_length_exceeded"
