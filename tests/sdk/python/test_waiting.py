"""Timeouts on either side, and callers that leave."""

import openai
import pytest


def test_a_client_that_runs_out_of_patience_leaves_a_receipt(
    connect, gateway, provider, key, messages, text
):
    client = connect(timeout=0.5, max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="silent", messages=messages)
    assert provider.call(text).gone.wait(2), "the provider's call was not ended"
    assert gateway.only_receipt(key)["outcome"] == "cancelled"


def test_a_stream_whose_head_never_comes_is_the_providers_timeout(
    connect, gateway, provider, key, messages, text
):
    client = connect(max_retries=0)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="hasty-silent", messages=messages, stream=True)
    assert caught.value.status_code == 504
    assert caught.value.code == "provider_timeout"
    assert provider.call(text).gone.wait(2), "the provider's call was not ended"
    assert gateway.only_receipt(key)["outcome"] == "error"


def test_a_reply_that_takes_too_long_is_the_providers_timeout(connect, gateway, key, messages):
    client = connect(max_retries=0)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="hasty-silent", messages=messages)
    assert caught.value.status_code == 504
    assert gateway.only_receipt(key)["outcome"] == "error"


def test_a_stream_that_falls_silent_ends_in_an_exception(client, gateway, key, messages):
    stream = client.chat.completions.create(model="hasty-gated", messages=messages, stream=True)
    assert next(stream).choices[0].delta.content == "Weighed "
    with pytest.raises(openai.APIError):
        for _ in stream:
            pass
    assert gateway.only_receipt(key)["outcome"] == "error"


def test_closing_a_stream_early_ends_the_providers_call(
    client, gateway, provider, key, messages, text
):
    stream = client.chat.completions.create(model="gated", messages=messages, stream=True)
    assert next(stream).choices[0].delta.content == "Weighed "
    stream.close()
    assert provider.call(text).gone.wait(2), "the provider's call was not ended"
    receipt = gateway.only_receipt(key)
    assert receipt["outcome"] == "cancelled"
    assert receipt["output"]["complete"] is False
    assert receipt["usage"]["basis"] == "estimated"
