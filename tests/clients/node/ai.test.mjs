// Vercel's `ai` with the choices that it has for a gateway, and providers of every flavor.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { FLAVORS, Stand } from "./stand.mjs";

const PROMPT = "How much does it weigh?";
const WHOLE = "Weighed in and out.";

// Each with the flavor of provider that needs no conversion, and how it is made.
const CHOICES = {
  // What `openai("m")` is: responses, not chat.
  "openai, as it comes": ["responses", (url, key, model) => openai(url, key)(model)],
  "openai.chat": ["openai", (url, key, model) => openai(url, key).chat(model)],
  "openai-compatible": [
    "openai",
    (url, key, model) =>
      createOpenAICompatible({
        name: "weighbridge",
        baseURL: `${url}/v1`,
        apiKey: key,
        includeUsage: true,
        supportsStructuredOutputs: true,
      })(model),
  ],
  // Unlike Anthropic's own SDK it wants the version in the address.
  anthropic: [
    "anthropic",
    (url, key, model) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model),
  ],
  google: [
    "gemini",
    (url, key, model) =>
      createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })(model),
  ],
};

function openai(url, key) {
  return createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
}

globalThis.AI_SDK_LOG_WARNINGS = false;

let stand;
before(async () => (stand = await Stand.start()));
after(() => stand.stop());

// A test for each choice and flavor, with a model and what asserts on its receipts.
function each(what, check) {
  for (const [choice, [own, make]] of Object.entries(CHOICES)) {
    for (const flavor of FLAVORS) {
      test(`${choice} to ${flavor}: ${what}`, async (t) => {
        const key = await stand.key(t.name);
        const model = make(stand.url, key, `${flavor}-plain`);
        const conversion = own === flavor ? "none" : "both";
        await check({ model, maxRetries: 0 }, (count) => stand.receipts(key, count, conversion));
      });
    }
  }
}

each("a question is answered with its usage", async (options, receipts) => {
  const reply = await generateText({ ...options, prompt: PROMPT });
  assert.equal(reply.text, WHOLE);
  assert.equal(reply.finishReason, "stop");
  assert.deepEqual([reply.usage.inputTokens, reply.usage.outputTokens], [9, 3]);
  await receipts(1);
});

each("a stream comes in pieces", async (options, receipts) => {
  const reply = streamText({ ...options, prompt: PROMPT });
  const pieces = [];
  for await (const piece of reply.textStream) pieces.push(piece);
  assert.equal(pieces.join(""), WHOLE);
  assert.ok(pieces.length > 1);
  assert.equal((await reply.usage).outputTokens, 3);
  await receipts(1);
});

each("a tool is called and its result used, in a stream", async (options, receipts) => {
  const reply = streamText({
    ...options,
    prompt: "What is the weather in both Paris and Tokyo?",
    tools: {
      get_weather: tool({
        description: "Says what the weather is.",
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => `18 degrees in ${city}`,
      }),
    },
    stopWhen: stepCountIs(3),
  });
  await reply.consumeStream();
  // Google's choice sends a result with its tool's name around it.
  assert.match(await reply.text, /^The weather is .*18 degrees in Paris.*18 degrees in Tokyo/);
  await receipts(2);
});

each("an answer keeps to a schema", async (options, receipts) => {
  const schema = z.object({ city: z.string(), degrees: z.number() });
  const reply = await generateText({
    ...options,
    prompt: "Give me the weather in Paris as json.",
    output: Output.object({ schema }),
    // For models that it does not know it would have a tool called, which not every flavor can.
    providerOptions: { anthropic: { structuredOutputMode: "outputFormat" } },
  });
  assert.deepEqual(reply.output, { city: "Paris", degrees: 21 });
  await receipts(1);
});
