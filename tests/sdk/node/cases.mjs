// What is asked of every SDK with every provider, and what has to come of it.

import assert from "node:assert/strict";

import { BOTH_CITIES, ONE_CITY, PNG, TOOL, WEATHER } from "./callers/caller.mjs";

const USAGE = [9, 3];
const WHOLE = "Weighed in and out.";
// Most seconds until a provider sees that its caller has left.
const LEAVING = 5;

// A caller and the provider that it is to reach. Without a gateway there are no receipts.
export class Cell {
  constructor(caller, server, gateway, key) {
    Object.assign(this, { caller, server, gateway, key });
  }

  model(behaviour) {
    return this.server.model(behaviour);
  }

  // What the gateway has written down of the calls of this cell.
  async checkReceipts(outcome, count = 1) {
    if (!this.gateway) return;
    const isSame = this.caller.constructor.flavor === this.server.name;
    for (const receipt of await this.gateway.receipts(this.key, count)) {
      assert.equal(receipt.outcome, outcome);
      assert.equal(receipt.conversion, isSame ? "none" : "both");
      assert.equal(receipt.provider, this.server.name);
      if (outcome === "ok") {
        const { input_tokens, output_tokens } = receipt.usage;
        assert.deepEqual([input_tokens, output_tokens], USAGE);
      }
    }
  }
}

function checkReply(reply, text) {
  assert.deepEqual(reply, { text, stop: "stop", usage: USAGE });
}

async function text(cell) {
  checkReply(await cell.caller.text(cell.model("plain")), WHOLE);
  await cell.checkReceipts("ok");
}

async function stream(cell) {
  const pieces = [];
  checkReply(await cell.caller.stream(cell.model("plain"), pieces), WHOLE);
  assert.ok(pieces.length >= 2, `${pieces}`);
  assert.equal(pieces.join(""), WHOLE);
  await cell.checkReceipts("ok");
}

const tools = (prompt, cities, isStream) => async (cell) => {
  const { calls, stop, reply } = await cell.caller.tools(cell.model("plain"), prompt, isStream);
  assert.deepEqual(
    calls,
    cities.map((city) => [TOOL, { city }]),
  );
  assert.equal(stop, "tools");
  const said = cities.map((city) => WEATHER[city]).join(", ");
  checkReply(reply, `The weather is ${said}`);
  await cell.checkReceipts("ok", 2);
};

async function image(cell) {
  const reply = await cell.caller.image(cell.model("plain"));
  checkReply(reply, `I see image/png of ${PNG.length} bytes`);
  await cell.checkReceipts("ok");
}

async function structured(cell) {
  const reply = await cell.caller.structured(cell.model("plain"));
  checkReply(reply, '{"city":"Paris","degrees":21}');
  await cell.checkReceipts("ok");
}

// The same error whether the reply was to be whole or a stream.
const error = (status) => async (cell) => {
  const { caller } = cell;
  const model = cell.model(`error-${status}`);
  for (const ask of [() => caller.text(model), () => caller.stream(model, [])]) {
    const failure = await failureOf(ask);
    assert.ok(caller.isRefusal(failure, status), `${failure}`);
    // A provider's own failure may be told as the gateway's view of it: 502 or 503.
    const shown = caller.status(failure);
    assert.ok(shown === status || (status === 500 && [502, 503].includes(shown)), `${shown}`);
    if (status === 429 && caller.constructor.showsHeaders) {
      // Until then the gateway says it by itself.
      assert.match(caller.retryAfter(failure), /^[123]$/);
    }
  }
  if (status !== 429) await cell.checkReceipts("error", 2);
};

async function midError(cell) {
  const pieces = [];
  const failure = await failureOf(() => cell.caller.stream(cell.model("mid-error"), pieces));
  assert.ok(cell.caller.isBreak(failure), `${failure}`);
  assert.equal(pieces.join(""), "Weighed ");
  await cell.checkReceipts("error");
}

async function cancel(cell) {
  const first = await cell.caller.leave(cell.model("slow"));
  assert.ok(first.startsWith("Weighed"), first);
  const { left } = await cell.server.last(LEAVING);
  assert.ok(left, "the provider's call was not ended");
  await cell.checkReceipts("cancelled");
}

// The error of a call that has to fail.
export async function failureOf(ask) {
  try {
    await ask();
  } catch (error) {
    return error;
  }
  assert.fail("the call did not fail");
}

// By their names in the matrix.
export const CASES = {
  text,
  stream,
  tool_loop: tools(ONE_CITY, ["Paris"], false),
  tool_loop_stream: tools(ONE_CITY, ["Paris"], true),
  parallel_tools: tools(BOTH_CITIES, ["Paris", "Tokyo"], false),
  parallel_tools_stream: tools(BOTH_CITIES, ["Paris", "Tokyo"], true),
  image,
  structured,
  error_400: error(400),
  error_404: error(404),
  error_429: error(429),
  error_500: error(500),
  mid_error: midError,
  cancel,
};
