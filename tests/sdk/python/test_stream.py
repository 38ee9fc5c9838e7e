"""Streams: chunk by chunk, untouched but for what is the gateway's own."""

import hashlib
import re

WHOLE = "Weighed in and out."
OURS = re.compile(rb"^: weighbridge[^\n]*\n\n", re.MULTILINE)


def joined(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def raw_bytes(client, **request):
    create = client.chat.completions.with_streaming_response.create
    with create(stream=True, **request) as response:
        return response.headers, b"".join(response.iter_bytes())


def test_the_first_chunk_arrives_before_the_second_is_sent(client, provider, messages, text):
    stream = client.chat.completions.create(model="gated", messages=messages, stream=True)
    first = next(stream)
    call = provider.call(text)
    assert first.choices[0].delta.content == "Weighed "
    assert call.chunks_sent == 1
    call.gate.set()
    assert joined([first, *stream]) == WHOLE


def test_usage_comes_exactly_when_asked_for(client, messages):
    request = {"model": "plain", "messages": messages, "stream": True}
    chunks = list(client.chat.completions.create(**request))
    assert joined(chunks) == WHOLE
    assert all(chunk.choices and not chunk.usage for chunk in chunks)

    asked = {"stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(**request, **asked))
    assert joined(chunks) == WHOLE
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [12]


def test_only_our_comment_is_added_to_the_bytes(client, provider, messages, text):
    asked = {"stream_options": {"include_usage": True}}
    _, got = raw_bytes(client, model="plain", messages=messages, **asked)
    comments = OURS.findall(got)
    assert len(comments) == 1
    assert b'"duration_ms":' in comments[0]
    assert OURS.sub(b"", got) == provider.call(text).sent
    assert got.endswith(comments[0] + b"data: [DONE]\n\n")


def test_a_usage_chunk_nobody_asked_for_is_taken_out(client, provider, messages, text):
    _, got = raw_bytes(client, model="plain", messages=messages)
    call = provider.call(text)
    assert call.usage_chunk
    assert OURS.sub(b"", got) == call.sent.replace(call.usage_chunk, b"")


def test_the_comment_can_be_turned_off(client, provider, messages, text):
    off = {"extra_headers": {"x-weighbridge-trailer": "off"}}
    asked = {"stream_options": {"include_usage": True}}
    _, got = raw_bytes(client, model="plain", messages=messages, **asked, **off)
    assert got == provider.call(text).sent


def test_the_receipt_names_the_stream_by_its_hash(client, gateway, key, messages):
    headers, got = raw_bytes(client, model="plain", messages=messages)
    receipt = gateway.receipt(key, headers["x-weighbridge-call"])
    assert receipt["outcome"] == "ok"
    assert receipt["output"]["complete"] is True
    assert receipt["output"]["sha256"] == hashlib.sha256(OURS.sub(b"", got)).hexdigest()
    assert receipt["usage"]["output_tokens"] == 3
    assert receipt["usage"]["basis"] == "measured"


def test_the_sdks_own_stream_helper_works(client, messages):
    with client.chat.completions.stream(model="plain", messages=messages) as stream:
        stream.until_done()
        reply = stream.get_final_completion()
    assert reply.choices[0].message.content == WHOLE
