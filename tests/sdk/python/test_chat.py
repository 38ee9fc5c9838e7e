"""Whole replies: content, headers, receipt."""

import hashlib

WHOLE = "Weighed in and out."


def test_a_reply_arrives_with_its_usage_and_id(client, messages):
    reply = client.chat.completions.create(model="plain", messages=messages)
    assert reply.choices[0].message.content == WHOLE
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.prompt_tokens == 9
    assert reply.usage.completion_tokens == 3
    assert reply._request_id


def test_the_bytes_and_headers_are_those_promised(client, provider, messages, text):
    raw = client.chat.completions.with_raw_response.create(model="plain", messages=messages)
    assert raw.content == provider.call(text).sent
    assert raw.headers["x-weighbridge-call"].startswith("rcpt_")
    assert raw.headers["x-weighbridge-provider"] == "desk"
    assert raw.headers["x-weighbridge-model"] == "plain"
    assert int(raw.headers["x-weighbridge-duration-ms"]) >= 0
    assert raw.headers["x-request-id"] == raw.parse()._request_id


def test_the_receipt_names_the_reply_by_its_hash(client, gateway, key, messages):
    raw = client.chat.completions.with_raw_response.create(model="plain", messages=messages)
    receipt = gateway.receipt(key, raw.headers["x-weighbridge-call"])
    assert receipt["outcome"] == "ok"
    assert receipt["provider"] == "desk"
    assert receipt["model_served"] == "plain"
    sent = client.requests[0].content
    assert receipt["input"] == {
        "sha256": hashlib.sha256(sent).hexdigest(),
        "bytes": len(sent),
    }
    assert receipt["output"]["sha256"] == hashlib.sha256(raw.content).hexdigest()
    assert receipt["output"]["bytes"] == len(raw.content)
    assert receipt["output"]["complete"] is True
    assert receipt["usage"]["input_tokens"] == 9
    assert receipt["usage"]["output_tokens"] == 3
    assert receipt["usage"]["basis"] == "measured"


def test_the_providers_name_for_the_model_and_its_path_are_used(client, provider, messages, text):
    client.chat.completions.create(model="plain", messages=messages)
    call = provider.call(text)
    assert call.path == "/v1/chat/completions"
    assert call.body["model"] == "plain"
    assert call.body["messages"] == messages


def test_the_callers_key_does_not_reach_the_provider(client, provider, key, messages, text):
    client.chat.completions.create(model="plain", messages=messages)
    assert key not in str(provider.call(text).headers)


def test_addresses_with_a_doubled_and_without_a_version_work(connect, gateway, messages):
    for path in ["", "/v1", "/v1/v1"]:
        client = connect(base_url=f"{gateway.url}{path}")
        reply = client.chat.completions.create(model="plain", messages=messages)
        assert reply.choices[0].message.content == WHOLE, path
