// Budgets, prices, consent and levels: our words, and no more attempts than make sense.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { APIError, RateLimitError } from "openai";

import { Desk } from "./desk.mjs";
import { failure } from "./gateway.mjs";
import { WHOLE } from "./provider.mjs";

const USD = { amount: "5", currency: "USD" };
const ASK = { "x-weighbridge-confirm": "ask" };
// 9 tokens at 1 and 3 at 5 USD for a million.
const COST = "0.000024";

let gateway;
before(async () => (gateway = await Desk.start()));
after(() => gateway.stop());

function customer(t, settings, options) {
  return gateway.caller(t.name, options, settings);
}

// A call, with the reply's headers beside what was read of it.
function call({ client, messages }, headers = {}, options = {}) {
  const request = { model: "plain", messages, ...options };
  return client.chat.completions.create(request, { headers }).withResponse();
}

// What a call is told that is refused in one attempt: nothing is dispatched or recorded.
async function refused(caller, status, code, headers, options) {
  const { key } = caller;
  const seen = () => gateway.provider.callsOf(caller.text).length;
  // By their ids: a receipt gets its number in the log a moment after it is there.
  const receipts = async () =>
    (await gateway.ask("GET", "/gateway/v1/receipts", { key })).items.map(({ id }) => id);
  const [before, recorded] = [[caller.requests.length, seen()], await receipts()];
  const error = await failure(call(caller, headers, options), APIError);
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.equal(error.headers.get("x-should-retry"), "false");
  assert.ok(error.message.includes(error.error.message));
  assert.deepEqual([caller.requests.length - 1, seen()], before, "requests sent and dispatched");
  assert.deepEqual(await receipts(), recorded);
  return error.error;
}

async function costOf({ key }, { response }) {
  return (await gateway.receipt(key, response.headers.get("x-weighbridge-call"))).cost;
}

test("a budget that is too small is told with every figure", async (t) => {
  const caller = await customer(t, { budget: { amount: "0.0001", currency: "USD" } });
  const { detail, message } = await refused(caller, 402, "budget_exceeded");
  const { free, held, budget, needed } = detail;
  assert.deepEqual({ free, held, budget }, { free: "0.0001", held: "0", budget: "0.0001" });
  const millionths = detail.input_tokens + 5 * detail.output_tokens;
  assert.match(needed, /^0\.\d+$/);
  assert.equal(needed.slice(2).padEnd(6, "0"), String(millionths).padStart(6, "0"));
  assert.ok(message.includes(`needs ${needed} USD`), message);
  assert.ok(message.includes("0.0001 USD are free"), message);
  assert.ok(message.includes("a budget of 0.0001 USD"), message);
});

test("a budget that a call in flight holds is free when that ends", async (t) => {
  const caller = await customer(t, { budget: { amount: "0.002", currency: "USD" } });
  const limit = { max_completion_tokens: 200 };
  const { data } = await call(caller, {}, { model: "gated", stream: true, ...limit });
  const gated = await gateway.provider.call(caller.text);
  const { status, code, error, headers } = await failure(call(caller, {}, limit), APIError);
  assert.deepEqual([status, code], [402, "budget_exceeded"]);
  const { held, calls_in_flight } = error.detail;
  assert.equal(calls_in_flight, 1);
  assert.ok(error.message.includes(`${held} are held for 1 call in flight`), error.message);
  assert.equal(headers.get("retry-after"), "1");
  assert.equal(headers.get("x-should-retry"), null);
  gated.openGate();
  for await (const _ of data);
  await call(caller, {}, limit);
});

test("a model without a price is not for accounts with a budget", async (t) => {
  const caller = await customer(t, { budget: USD });
  const { message } = await refused(caller, 402, "unpriced", {}, { model: "unpriced" });
  assert.match(message, /`unpriced`/);
});

test("a ceiling needs a limit of the answer", async (t) => {
  const caller = await customer(t, { budget: USD, level: "ceiling" });
  const { message, param } = await refused(caller, 402, "cost_unbounded");
  assert.equal(param, "max_completion_tokens");
  assert.match(message, /`max_completion_tokens`/);
  const cost = await costOf(caller, await call(caller, {}, { max_completion_tokens: 50 }));
  assert.ok(Number(cost.actual) <= Number(cost.reserved), JSON.stringify(cost));
});

test("nobody pays more than they said", async (t) => {
  const caller = await customer(t);
  const little = { "x-weighbridge-max-cost": "0.0001" };
  const { detail, message } = await refused(caller, 402, "over_max_cost", little);
  assert.ok(message.includes(`needs ${detail.needed} USD`), message);
  assert.ok(message.includes("0.0001 USD"), message);
  const reply = await call(caller, { "x-weighbridge-max-cost": "0.5 USD" });
  assert.equal((await costOf(caller, reply)).consent, "max_cost");
});

test("who asks first is told the cost and says yes once", async (t) => {
  const caller = await customer(t);
  const { detail, message } = await refused(caller, 402, "confirmation_required", ASK);
  assert.ok(message.includes(detail.id), message);
  assert.ok(message.includes(`${detail.expected} USD`), message);
  const yes = { "x-weighbridge-estimate": detail.id };
  const { consent, estimate } = await costOf(caller, await call(caller, yes));
  assert.deepEqual([consent, estimate], ["confirmed", detail.expected]);
  await refused(caller, 409, "estimate_unusable", yes);
});

test("a yes does not ask again", async (t) => {
  const caller = await customer(t);
  const { detail } = await refused(caller, 402, "confirmation_required", ASK);
  await call(caller, { ...ASK, "x-weighbridge-estimate": detail.id });
});

test("a yes does not lift the caller's own limit", async (t) => {
  const caller = await customer(t);
  const { detail } = await refused(caller, 402, "confirmation_required", ASK);
  const both = { "x-weighbridge-estimate": detail.id, "x-weighbridge-max-cost": "0.0001" };
  await refused(caller, 402, "over_max_cost", both);
});

test("currencies are never converted", async (t) => {
  const caller = await customer(t, { budget: { amount: "5", currency: "CNY" } });
  const { detail, message } = await refused(caller, 402, "currency_mismatch");
  assert.match(message, /USD/);
  assert.match(message, /CNY/);
  assert.deepEqual(detail, { price: "USD", budget: "CNY" });
});

test("a repeated key names the first call", async (t) => {
  const caller = await customer(t);
  const once = { "idempotency-key": caller.text };
  const { response } = await call(caller, once);
  const first = response.headers.get("x-weighbridge-call");
  const { detail, message } = await refused(caller, 409, "idempotency_conflict", once);
  assert.match(first, /^rcpt_/);
  assert.ok(message.includes(first), message);
  assert.deepEqual(detail, { call: first, running: false });
  assert.equal(gateway.provider.callsOf(caller.text).length, 1);
});

for (const by of ["key", "yes"]) {
  test(`a call that is made once by its ${by} fails with its own reason`, async (t) => {
    const caller = await customer(t);
    const broken = { model: "broken" };
    let once = { "idempotency-key": caller.text };
    if (by === "yes") {
      const { detail } = await refused(caller, 402, "confirmation_required", ASK, broken);
      once = { "x-weighbridge-estimate": detail.id };
    }
    const sent = caller.requests.length;
    const error = await failure(call(caller, once, broken), APIError);
    assert.equal(error.code, "provider_error", error.message);
    assert.equal(caller.requests.length, sent + 1, "it cannot succeed a second time");
  });
}

test("a level that is used up says when to come back", async (t) => {
  const caller = await customer(t, { level: "still" }, { maxRetries: 0 });
  for (const left of ["1", "0"]) {
    const { headers } = (await call(caller)).response;
    assert.equal(headers.get("x-ratelimit-limit-requests"), "2");
    assert.equal(headers.get("x-ratelimit-remaining-requests"), left);
  }
  const { code, error, headers } = await failure(call(caller), RateLimitError);
  assert.equal(code, "rate_limit_exceeded");
  assert.match(error.message, /2 calls/);
  assert.equal(headers.get("x-ratelimit-remaining-requests"), "0");
  const seconds = Number(headers.get("retry-after"));
  const millis = Number(headers.get("retry-after-ms"));
  assert.ok(seconds > 0 && seconds <= 3600, `${seconds}`);
  assert.equal(Math.ceil(millis / 1000), seconds);
});

test("the SDK waits as told and then succeeds", async (t) => {
  const caller = await customer(t, { level: "slow" });
  let calls = 0;
  for (; caller.requests.length === calls; calls += 1) {
    const { data } = await call(caller);
    assert.equal(data.choices[0].message.content, WHOLE);
  }
  assert.equal(caller.requests.length, calls + 1, "one wait was not enough");
});

test("a reply says what it cost", async (t) => {
  const caller = await customer(t, { budget: USD });
  const reply = await call(caller);
  const { actual, currency } = await costOf(caller, reply);
  assert.deepEqual([actual, currency], [COST, "USD"]);
  const { headers } = reply.response;
  assert.equal(headers.get("x-weighbridge-cost"), `${COST} USD`);
  assert.ok(Number(headers.get("x-ratelimit-limit-requests")) > 0);
});

test("the receipt of a stream says what it cost", async (t) => {
  const caller = await customer(t, { budget: USD });
  const reply = await call(caller, {}, { stream: true });
  const pieces = [];
  for await (const { object, choices } of reply.data) {
    assert.equal(object, "chat.completion.chunk");
    pieces.push(choices[0].delta.content ?? "");
  }
  assert.equal(pieces.join(""), WHOLE);
  assert.equal((await costOf(caller, reply)).actual, COST);
  const { account } = await gateway.ask("GET", "/gateway/v1/me", { key: caller.key });
  assert.deepEqual([account.spent, account.reserved], [COST, "0"]);
});

test("the comment in a stream says what it cost", async (t) => {
  const { client, messages } = await customer(t);
  const request = { model: "plain", messages, stream: true };
  const text = await (await client.chat.completions.create(request).asResponse()).text();
  assert.ok(text.includes(`"cost":"${COST}","currency":"USD"`), text);
});

test("a stream that outgrows its budget ends in an error", async (t) => {
  const budget = { amount: "2", currency: "USD" };
  const caller = await customer(t, { level: "capped", budget });
  const { data } = await call(caller, {}, { model: "long", stream: true });
  const drain = async () => {
    for await (const _ of data);
  };
  const error = await failure(drain(), APIError);
  assert.equal(error.code, "budget_exceeded");
  assert.match(error.message, /budget is used up/);
  assert.equal(caller.requests.length, 1);
  const { cost, outcome } = await gateway.onlyReceipt(caller.key);
  assert.equal(outcome, "error");
  const [actual, reserved] = [cost.actual, cost.reserved].map(Number);
  assert.ok(actual > 0 && actual <= reserved && reserved <= 2, JSON.stringify(cost));
});

test("a stream ends at the overrun that its level allows", async (t) => {
  const budget = { amount: "2", currency: "USD" };
  const caller = await customer(t, { level: "capped", budget });
  const { data } = await call(caller, {}, { model: "long", stream: true });
  const drain = async () => {
    for await (const _ of data);
  };
  await failure(drain(), APIError);
  // The cap, and the four tokens of the event that passed it.
  const { overrun } = (await gateway.onlyReceipt(caller.key)).cost;
  assert.ok(Number(overrun) <= 0.014, overrun);
});
