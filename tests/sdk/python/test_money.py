"""Budgets, prices, consent and levels: our words, and no more attempts than make sense."""

from decimal import Decimal

import openai
import pytest

WHOLE = "Weighed in and out."
USD = {"amount": "5", "currency": "USD"}
ASK = {"x-weighbridge-confirm": "ask"}
# 9 tokens at 1 and 3 at 5 USD for a million.
COST = "0.000024"


@pytest.fixture
def customer(gateway, connect, request):
    """Makes clients of new accounts with a budget or a level."""

    def customer(settings, **options):
        key = gateway.new_key(request.node.name, **settings)
        return connect(api_key=key, **options)

    return customer


@pytest.fixture
def call(messages):
    """A raw call, whose reply has headers."""

    def call(client, headers=None, **options):
        create = client.chat.completions.with_raw_response.create
        return create(**{"model": "plain", "messages": messages} | options, extra_headers=headers)

    return call


@pytest.fixture
def refused(call, gateway, provider, text):
    """What a call is told that is refused in one attempt: nothing is dispatched or recorded."""

    def receipts(client):
        # By their ids: a receipt gets its number in the log a moment after it is there.
        listed = gateway.ask("GET", "/gateway/v1/receipts", client.api_key)["items"]
        return [receipt["id"] for receipt in listed]

    def refused(client, status, code, *args, **options):
        sent, seen = len(client.requests), len(provider.calls_of(text))
        before = receipts(client)
        with pytest.raises(openai.APIStatusError) as caught:
            call(client, *args, **options)
        assert (caught.value.status_code, caught.value.code) == (status, code)
        assert caught.value.response.headers["x-should-retry"] == "false"
        assert caught.value.body["message"] in caught.value.message
        assert len(client.requests) == sent + 1, "it was tried again"
        assert len(provider.calls_of(text)) == seen, "it was dispatched"
        assert receipts(client) == before, "it was recorded"
        return caught.value.body

    return refused


@pytest.fixture
def cost_of(gateway):
    """The cost on the receipt of a reply."""

    def cost_of(client, raw):
        return gateway.receipt(client.api_key, raw.headers["x-weighbridge-call"])["cost"]

    return cost_of


def test_a_budget_that_is_too_small_is_told_with_every_figure(customer, refused):
    client = customer({"budget": {"amount": "0.0001", "currency": "USD"}})
    error = refused(client, 402, "budget_exceeded")
    detail = error["detail"]
    assert (detail["free"], detail["held"], detail["budget"]) == ("0.0001", "0", "0.0001")
    needed = Decimal(detail["input_tokens"] + 5 * detail["output_tokens"]) / 1_000_000
    assert Decimal(detail["needed"]) == needed
    assert f"needs {detail['needed']} USD" in error["message"]
    assert "0.0001 USD are free" in error["message"]
    assert "a budget of 0.0001 USD" in error["message"]


def test_a_budget_that_a_call_in_flight_holds_is_free_when_that_ends(
    customer, provider, call, text
):
    client = customer({"budget": {"amount": "0.002", "currency": "USD"}})
    limit = {"max_completion_tokens": 200}
    stream = call(client, model="gated", stream=True, **limit).parse()
    next(stream)
    with pytest.raises(openai.APIStatusError) as caught:
        call(client, **limit)
    assert (caught.value.status_code, caught.value.code) == (402, "budget_exceeded")
    detail, headers = caught.value.body["detail"], caught.value.response.headers
    assert Decimal(detail["held"]) + Decimal(detail["free"]) == Decimal(detail["budget"])
    assert f"{detail['held']} are held for 1 call in flight" in caught.value.body["message"]
    assert headers["retry-after"] == "1"
    assert "x-should-retry" not in headers
    provider.call(text).gate.set()
    for _ in stream:
        pass
    call(client, **limit)


def test_a_model_without_a_price_is_not_for_accounts_with_a_budget(customer, refused):
    error = refused(customer({"budget": USD}), 402, "unpriced", model="unpriced")
    assert "`unpriced`" in error["message"]


def test_a_ceiling_needs_a_limit_of_the_answer(customer, refused, call, cost_of):
    client = customer({"budget": USD, "level": "ceiling"})
    error = refused(client, 402, "cost_unbounded")
    assert error["param"] == "max_completion_tokens"
    assert "`max_completion_tokens`" in error["message"]
    cost = cost_of(client, call(client, max_completion_tokens=50))
    assert Decimal(cost["actual"]) <= Decimal(cost["reserved"])


def test_nobody_pays_more_than_they_said(client, refused, call, cost_of):
    error = refused(client, 402, "over_max_cost", {"x-weighbridge-max-cost": "0.0001"})
    assert f"needs {error['detail']['needed']} USD" in error["message"]
    assert "0.0001 USD" in error["message"]
    raw = call(client, {"x-weighbridge-max-cost": "0.5 USD"})
    assert cost_of(client, raw)["consent"] == "max_cost"


def test_who_asks_first_is_told_the_cost_and_says_yes_once(client, refused, call, cost_of):
    error = refused(client, 402, "confirmation_required", ASK)
    quote = error["detail"]
    assert quote["id"] in error["message"]
    assert f"{quote['expected']} USD" in error["message"]
    yes = {"x-weighbridge-estimate": quote["id"]}
    cost = cost_of(client, call(client, yes))
    assert (cost["consent"], cost["estimate"]) == ("confirmed", quote["expected"])
    refused(client, 409, "estimate_unusable", yes)


def test_a_yes_does_not_ask_again(client, refused, call):
    quote = refused(client, 402, "confirmation_required", ASK)["detail"]
    call(client, ASK | {"x-weighbridge-estimate": quote["id"]})


def test_a_yes_does_not_lift_the_callers_own_limit(client, refused):
    quote = refused(client, 402, "confirmation_required", ASK)["detail"]
    both = {"x-weighbridge-estimate": quote["id"], "x-weighbridge-max-cost": "0.0001"}
    refused(client, 402, "over_max_cost", both)


def test_currencies_are_never_converted(customer, refused):
    client = customer({"budget": {"amount": "5", "currency": "CNY"}})
    error = refused(client, 402, "currency_mismatch")
    assert "USD" in error["message"]
    assert "CNY" in error["message"]
    assert error["detail"] == {"price": "USD", "budget": "CNY"}


def test_a_repeated_key_names_the_first_call(client, provider, refused, call, text):
    once = {"idempotency-key": text}
    first = call(client, once).headers["x-weighbridge-call"]
    error = refused(client, 409, "idempotency_conflict", once)
    assert first.startswith("rcpt_")
    assert first in error["message"]
    assert error["detail"] == {"call": first, "running": False}
    assert len(provider.calls_of(text)) == 1


@pytest.mark.parametrize("by", ["key", "yes"])
def test_a_call_that_is_made_once_fails_with_its_own_reason(client, refused, call, text, by):
    once = {"idempotency-key": text}
    if by == "yes":
        quote = refused(client, 402, "confirmation_required", ASK, model="broken")["detail"]
        once = {"x-weighbridge-estimate": quote["id"]}
    sent = len(client.requests)
    with pytest.raises(openai.APIStatusError) as caught:
        call(client, once, model="broken")
    assert caught.value.code == "provider_error", caught.value.message
    assert len(client.requests) == sent + 1, "it cannot succeed a second time"


def test_a_level_that_is_used_up_says_when_to_come_back(customer, call):
    client = customer({"level": "still"}, max_retries=0)
    for left in ["1", "0"]:
        headers = call(client).headers
        assert headers["x-ratelimit-limit-requests"] == "2"
        assert headers["x-ratelimit-remaining-requests"] == left
    with pytest.raises(openai.RateLimitError) as caught:
        call(client)
    assert caught.value.code == "rate_limit_exceeded"
    assert "2 calls" in caught.value.body["message"]
    headers = caught.value.response.headers
    assert headers["x-ratelimit-remaining-requests"] == "0"
    seconds, millis = int(headers["retry-after"]), int(headers["retry-after-ms"])
    assert 0 < seconds <= 3600
    assert (seconds - 1) * 1000 < millis <= seconds * 1000


def test_the_sdk_waits_as_told_and_then_succeeds(customer, call):
    client = customer({"level": "slow"})
    calls = 0
    while len(client.requests) == calls:
        assert call(client).parse().choices[0].message.content == WHOLE
        calls += 1
    assert len(client.requests) == calls + 1, "one wait was not enough"


def test_a_reply_says_what_it_cost(customer, call, cost_of):
    client = customer({"budget": USD})
    raw = call(client)
    cost = cost_of(client, raw)
    assert raw.headers["x-weighbridge-cost"] == f"{COST} USD"
    assert (cost["actual"], cost["currency"]) == (COST, "USD")
    assert int(raw.headers["x-ratelimit-limit-requests"]) > 0


def test_the_receipt_of_a_stream_says_what_it_cost(customer, gateway, call, cost_of):
    client = customer({"budget": USD})
    raw = call(client, stream=True)
    chunks = list(raw.parse())
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == WHOLE
    assert cost_of(client, raw)["actual"] == COST
    me = gateway.ask("GET", "/gateway/v1/me", client.api_key)["account"]
    assert (me["spent"], me["reserved"]) == (COST, "0")


def test_the_comment_in_a_stream_says_what_it_cost(client, messages):
    create = client.chat.completions.with_streaming_response.create
    with create(model="plain", messages=messages, stream=True) as response:
        assert f'"cost":"{COST}","currency":"USD"' in response.read().decode()


def test_a_stream_that_outgrows_its_budget_ends_in_an_exception(customer, gateway, call):
    client = customer({"level": "capped", "budget": {"amount": "2", "currency": "USD"}})
    stream = call(client, model="long", stream=True).parse()
    with pytest.raises(openai.APIError) as caught:
        for _ in stream:
            pass
    assert caught.value.code == "budget_exceeded"
    assert "budget is used up" in caught.value.message
    assert len(client.requests) == 1
    receipt = gateway.only_receipt(client.api_key)
    assert receipt["outcome"] == "error"
    cost = receipt["cost"]
    assert 0 < Decimal(cost["actual"]) <= Decimal(cost["reserved"]) <= 2


def test_a_stream_ends_at_the_overrun_that_its_level_allows(customer, gateway, call):
    client = customer({"level": "capped", "budget": {"amount": "2", "currency": "USD"}})
    with pytest.raises(openai.APIError):
        for _ in call(client, model="long", stream=True).parse():
            pass
    # The cap, and the four tokens of the event that passed it.
    overrun = gateway.only_receipt(client.api_key)["cost"]["overrun"]
    assert Decimal(overrun) <= Decimal("0.01") + Decimal("0.004")
