// Refusals, failures and timeouts: the right error, our words, no silent success.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  APIConnectionTimeoutError,
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";

import { Desk } from "./desk.mjs";
import { failure, within } from "./gateway.mjs";
import { SECRET } from "./provider.mjs";

let gateway;
before(async () => (gateway = await Desk.start()));
after(() => gateway.stop());

async function drain(promise) {
  for await (const _ of await promise);
}

test("a wrong key is said once in our words", async (t) => {
  const caller = await gateway.caller(t.name, { apiKey: "wb_not-a-key" });
  const { client, messages, requests, text } = caller;
  const promise = client.chat.completions.create({ model: "plain", messages });
  const error = await failure(promise, AuthenticationError);
  assert.equal(requests.length, 1);
  assert.equal(error.code, "invalid_api_key");
  assert.match(error.message, /key/);
  assert.doesNotMatch(error.message, /wb_not-a-key/);
  assert.equal(error.headers.get("x-should-retry"), "false");
  assert.ok(error.requestID);
  assert.deepEqual(gateway.provider.callsOf(text), []);
});

test("an unknown model is named with its neighbours", async (t) => {
  const { client, messages, requests } = await gateway.caller(t.name);
  const promise = client.chat.completions.create({ model: "plian", messages });
  const error = await failure(promise, NotFoundError);
  assert.equal(requests.length, 1);
  assert.equal(error.code, "model_not_found");
  assert.match(error.message, /plian/);
  assert.match(error.message, /plain/);
});

test("a provider's 400 is passed on, streamed or not", async (t) => {
  const { client, messages } = await gateway.caller(t.name);
  for (const stream of [false, true]) {
    const promise = client.chat.completions.create({ model: "context-length", messages, stream });
    const error = await failure(promise, BadRequestError);
    assert.equal(error.code, "context_length_exceeded");
    assert.match(error.message, /8192/);
  }
});

test("a provider's 401 is not shown as the caller's", async (t) => {
  const { client, messages } = await gateway.caller(t.name, { maxRetries: 0 });
  const promise = client.chat.completions.create({ model: "bad-credential", messages });
  const error = await failure(promise, APIError);
  assert.equal(error.status, 502);
  assert.ok(!JSON.stringify([error.message, error.error]).includes(SECRET));
});

test("a provider's 429 says when to come back", async (t) => {
  const { client, messages } = await gateway.caller(t.name, { maxRetries: 0 });
  const promise = client.chat.completions.create({ model: "rate-limited", messages });
  const error = await failure(promise, RateLimitError);
  assert.equal(error.headers.get("retry-after"), "7");
});

test("a provider's 500 page becomes an error in the caller's shape", async (t) => {
  const { client, key, messages } = await gateway.caller(t.name, { maxRetries: 0 });
  const promise = client.chat.completions.create({ model: "broken", messages });
  const error = await failure(promise, InternalServerError);
  assert.ok(error.error.message);
  assert.equal((await gateway.onlyReceipt(key)).outcome, "error");
});

test("a reply that ends early is no reply", async (t) => {
  const { client, key, messages } = await gateway.caller(t.name, { maxRetries: 0 });
  const promise = client.chat.completions.create({ model: "early-close", messages });
  await failure(promise, APIError);
  assert.equal((await gateway.onlyReceipt(key)).outcome, "error");
});

test("a stream that is cut ends in an error", async (t) => {
  const { client, key, messages } = await gateway.caller(t.name, { maxRetries: 0 });
  const request = { model: "cut", messages, stream: true };
  await failure(drain(client.chat.completions.create(request)), APIError);
  const receipt = await gateway.onlyReceipt(key);
  assert.equal(receipt.outcome, "error");
  assert.equal(receipt.output.complete, false);
});

test("a client that runs out of patience leaves a receipt", async (t) => {
  const options = { timeout: 500, maxRetries: 0 };
  const { client, key, messages, text } = await gateway.caller(t.name, options);
  const promise = client.chat.completions.create({ model: "silent", messages });
  await failure(promise, APIConnectionTimeoutError);
  const call = await gateway.provider.call(text);
  assert.ok(await within(call.gone, 2000), "the provider's call was not ended");
  assert.equal((await gateway.onlyReceipt(key)).outcome, "cancelled");
});

test("a provider that never answers is its timeout, streamed or not", async (t) => {
  for (const stream of [false, true]) {
    const name = `${t.name} ${stream}`;
    const { client, key, messages } = await gateway.caller(name, { maxRetries: 0 });
    const promise = client.chat.completions.create({ model: "hasty-silent", messages, stream });
    const error = await failure(promise, InternalServerError);
    assert.equal(error.status, 504);
    assert.equal(error.code, "provider_timeout");
    assert.equal((await gateway.onlyReceipt(key)).outcome, "error");
  }
});

test("a stream that falls silent ends in an error", async (t) => {
  const { client, key, messages } = await gateway.caller(t.name, { maxRetries: 0 });
  const request = { model: "hasty-gated", messages, stream: true };
  await failure(drain(client.chat.completions.create(request)), APIError);
  assert.equal((await gateway.onlyReceipt(key)).outcome, "error");
});
