"""OpenAI's older completions by its SDK, with each flavor of provider."""

import openai
import providers
import pytest

from cases import WHOLE

PROVIDERS = list(providers.FLAVORS)


@pytest.fixture
def call(crossing, request):
    """A client, and what the gateway has written down of its one call."""
    key = crossing.new_key(request.node.name)
    base = f"{crossing.url}/v1"
    with openai.OpenAI(api_key=key, base_url=base, max_retries=0, timeout=15) as client:
        yield client.completions, lambda: crossing.receipts(key, 1)[0]


def check(receipt, provider, outcome="ok"):
    assert (receipt["outcome"], receipt["provider"]) == (outcome, provider)
    assert receipt["flavor_in"] == "openai-completion"
    assert receipt["conversion"] == ("none" if provider == "openai" else "both")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_prompt_is_completed(call, provider):
    completions, receipt = call
    model = f"{provider}-plain"
    whole = completions.create(model=model, prompt="How much is it?", max_tokens=50)
    assert (whole.choices[0].text, whole.choices[0].finish_reason) == (WHOLE, "stop")
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (9, 3)
    check(receipt(), provider)


@pytest.mark.parametrize("asks", [True, False], ids=["usage", "no-usage"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_completion_streams_and_is_measured_either_way(call, provider, asks):
    completions, receipt = call
    rest = {"stream_options": {"include_usage": True}} if asks else {}
    model = f"{provider}-plain"
    chunks = list(completions.create(model=model, prompt="How much is it?", stream=True, **rest))
    texts = [choice.text for chunk in chunks for choice in chunk.choices]
    assert "".join(texts) == WHOLE
    assert len([text for text in texts if text]) >= 2
    assert chunks[-1 if not asks else -2].choices[0].finish_reason == "stop"
    used = [chunk.usage for chunk in chunks if chunk.usage]
    assert [(it.prompt_tokens, it.completion_tokens) for it in used] == ([(9, 3)] if asks else [])
    written = receipt()
    check(written, provider)
    usage = written["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["basis"]) == (9, 3, "measured")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stream_that_fails_raises(call, provider):
    completions, receipt = call
    with pytest.raises(openai.APIError):
        list(completions.create(model=f"{provider}-mid-error", prompt="a", stream=True))
    check(receipt(), provider, "error")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_providers_refusal_keeps_its_kind(call, provider):
    completions, receipt = call
    with pytest.raises(openai.RateLimitError):
        completions.create(model=f"{provider}-error-429", prompt="a")
    check(receipt(), provider, "error")
