// Streams: chunk by chunk, untouched but for what is the gateway's own.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { within } from "./gateway.mjs";
import { WHOLE } from "./provider.mjs";

const OURS = /^: weighbridge[^\n]*\n\n/gm;

let gateway;
before(async () => (gateway = await Desk.start()));
after(() => gateway.stop());

async function raw({ client, messages }, options = {}, settings = {}) {
  const request = { model: "plain", messages, stream: true, ...options };
  const response = await client.chat.completions.create(request, settings).asResponse();
  return { headers: response.headers, text: await response.text() };
}

test("the first chunk arrives before the second is sent", async (t) => {
  const { client, messages, text } = await gateway.caller(t.name);
  const request = { model: "gated", messages, stream: true };
  const stream = await client.chat.completions.create(request);
  const pieces = [];
  for await (const chunk of stream) {
    if (pieces.length === 0) {
      const call = await gateway.provider.call(text);
      assert.equal(call.chunksSent, 1);
      call.openGate();
    }
    pieces.push(chunk.choices[0]?.delta.content ?? "");
  }
  assert.equal(pieces.join(""), WHOLE);
});

test("usage comes exactly when asked for", async (t) => {
  const { client, messages } = await gateway.caller(t.name);
  for (const include_usage of [false, true]) {
    const usages = [];
    const request = { model: "plain", messages, stream: true, stream_options: { include_usage } };
    for await (const chunk of await client.chat.completions.create(request)) {
      if (chunk.usage) usages.push(chunk.usage.total_tokens);
    }
    assert.deepEqual(usages, include_usage ? [12] : []);
  }
});

test("only our comment is added to the bytes", async (t) => {
  const caller = await gateway.caller(t.name);
  const { text } = await raw(caller, { stream_options: { include_usage: true } });
  const comments = text.match(OURS);
  assert.equal(comments?.length, 1);
  assert.ok(text.endsWith(`${comments[0]}data: [DONE]\n\n`));
  const call = await gateway.provider.call(caller.text);
  assert.equal(text.replace(OURS, ""), call.sent.toString());
});

test("a usage chunk nobody asked for is taken out", async (t) => {
  const caller = await gateway.caller(t.name);
  const { text } = await raw(caller);
  const call = await gateway.provider.call(caller.text);
  assert.ok(call.usageChunk.length > 0);
  const expected = call.sent.toString().replace(call.usageChunk.toString(), "");
  assert.equal(text.replace(OURS, ""), expected);
});

test("the comment can be turned off", async (t) => {
  const caller = await gateway.caller(t.name);
  const off = { headers: { "x-weighbridge-trailer": "off" } };
  const { text } = await raw(caller, { stream_options: { include_usage: true } }, off);
  const call = await gateway.provider.call(caller.text);
  assert.equal(text, call.sent.toString());
});

test("the receipt names the stream by its hash", async (t) => {
  const caller = await gateway.caller(t.name);
  const { headers, text } = await raw(caller);
  const receipt = await gateway.receipt(caller.key, headers.get("x-weighbridge-call"));
  assert.equal(receipt.outcome, "ok");
  assert.equal(receipt.output.complete, true);
  const hash = createHash("sha256").update(text.replace(OURS, "")).digest("hex");
  assert.equal(receipt.output.sha256, hash);
  assert.equal(receipt.usage.output_tokens, 3);
});

test("leaving a stream early ends the provider's call", async (t) => {
  const { client, key, messages, text } = await gateway.caller(t.name);
  const request = { model: "gated", messages, stream: true };
  for await (const chunk of await client.chat.completions.create(request)) {
    assert.equal(chunk.choices[0].delta.content, "Weighed ");
    break;
  }
  const call = await gateway.provider.call(text);
  assert.ok(await within(call.gone, 2000), "the provider's call was not ended");
  const receipt = await gateway.onlyReceipt(key);
  assert.equal(receipt.outcome, "cancelled");
  assert.equal(receipt.output.complete, false);
});

test("the SDK's own stream helper works", async (t) => {
  const { client, messages } = await gateway.caller(t.name);
  const stream = client.chat.completions.stream({ model: "plain", messages });
  assert.equal(await stream.finalContent(), WHOLE);
});
