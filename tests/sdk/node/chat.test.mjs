// Whole replies: content, headers, receipt; and the list of models.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { NotFoundError } from "openai";

import { Desk } from "./desk.mjs";
import { MODELS, WHOLE } from "./provider.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

let gateway;
before(async () => (gateway = await Desk.start()));
after(() => gateway.stop());

test("a reply arrives with its usage and id", async (t) => {
  const { client, messages } = await gateway.caller(t.name);
  const reply = await client.chat.completions.create({ model: "plain", messages });
  assert.equal(reply.choices[0].message.content, WHOLE);
  assert.equal(reply.choices[0].finish_reason, "stop");
  assert.equal(reply.usage.total_tokens, 12);
  assert.ok(reply._request_id);
});

test("the bytes and headers are those promised", async (t) => {
  const { client, messages, text } = await gateway.caller(t.name);
  const response = await client.chat.completions.create({ model: "plain", messages }).asResponse();
  const bytes = Buffer.from(await response.arrayBuffer());
  const call = await gateway.provider.call(text);
  assert.ok(bytes.equals(call.sent));
  assert.match(response.headers.get("x-weighbridge-call"), /^rcpt_/);
  assert.equal(response.headers.get("x-weighbridge-provider"), "desk");
  assert.equal(response.headers.get("x-weighbridge-model"), "plain");
  assert.match(response.headers.get("x-weighbridge-duration-ms"), /^\d+$/);
  assert.ok(response.headers.get("x-request-id"));
});

test("the receipt names request and reply by their hashes", async (t) => {
  const { client, key, messages, requests } = await gateway.caller(t.name);
  const response = await client.chat.completions.create({ model: "plain", messages }).asResponse();
  const bytes = Buffer.from(await response.arrayBuffer());
  const receipt = await gateway.receipt(key, response.headers.get("x-weighbridge-call"));
  assert.equal(receipt.outcome, "ok");
  assert.equal(receipt.input.sha256, sha256(requests[0].body));
  assert.equal(receipt.output.sha256, sha256(bytes));
  assert.equal(receipt.output.bytes, bytes.length);
  assert.equal(receipt.output.complete, true);
  assert.equal(receipt.usage.output_tokens, 3);
});

test("addresses with a doubled and without a version work", async (t) => {
  for (const path of ["", "/v1", "/v1/v1"]) {
    const baseURL = `${gateway.url}${path}`;
    const { client, messages } = await gateway.caller(`${t.name} ${path}`, { baseURL });
    const reply = await client.chat.completions.create({ model: "plain", messages });
    assert.equal(reply.choices[0].message.content, WHOLE, path);
  }
});

test("the configured models are listed, for free", async (t) => {
  const { client, key } = await gateway.caller(t.name);
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.deepEqual(names.sort(), [...MODELS, "hasty-silent", "hasty-gated"].sort());
  const { items } = await gateway.ask("GET", "/gateway/v1/receipts", { key });
  assert.deepEqual(items, []);
});

test("one model can be asked for, an unknown one is not found", async (t) => {
  const { client } = await gateway.caller(t.name);
  const model = await client.models.retrieve("plain");
  assert.equal(model.id, "plain");
  await assert.rejects(client.models.retrieve("plian"), (error) => {
    assert.ok(error instanceof NotFoundError);
    assert.equal(error.code, "model_not_found");
    return true;
  });
});
