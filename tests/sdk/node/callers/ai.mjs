// Vercel's ai package, whose providers each speak one flavor.

import {
  APICallError,
  generateText,
  isStepCount,
  jsonSchema,
  Output,
  StreamProviderError,
  streamText,
  tool,
} from "ai";

import {
  Caller,
  LIMIT,
  PATIENCE,
  PNG,
  PROMPT,
  SCHEMA,
  SEE,
  STRUCTURE,
  SYSTEM,
  TEMPERATURE,
  TOOL,
  TOOL_SCHEMA,
  TOOL_TEXT,
  WEATHER,
} from "./caller.mjs";

const SETTINGS = { maxRetries: 0, timeout: PATIENCE, maxOutputTokens: LIMIT };
const TOOLS = {
  [TOOL]: tool({
    description: TOOL_TEXT,
    inputSchema: jsonSchema(TOOL_SCHEMA),
    execute: ({ city }) => WEATHER[city],
  }),
};
const STOPS = { stop: "stop", "tool-calls": "tools", length: "length" };

export class Ai extends Caller {
  // What a provider has to be told, where it has to.
  providerOptions = {};

  // A class of its own for each provider gives the model with this name.
  model(_name) {
    throw new Error("every provider has its own");
  }

  // One class for all; the status tells them apart.
  isRefusal(error) {
    return APICallError.isInstance(error);
  }

  isBreak(error) {
    return StreamProviderError.isInstance(error);
  }

  ask(model, asked) {
    return generateText({ ...this.settings(model), ...asked });
  }

  settings(model) {
    return { model: this.model(model), providerOptions: this.providerOptions, ...SETTINGS };
  }

  // Streams. Errors are parts of the stream like any other, and its users look for them.
  async streamed(model, pieces, asked) {
    const onError = () => {};
    const result = streamText({ ...this.settings(model), onError, ...asked });
    for await (const part of result.stream) {
      if (part.type === "text-delta") pieces.push(part.text);
      if (part.type === "error") throw part.error;
    }
    return { text: await result.text, steps: await result.steps };
  }

  async text(model) {
    const asked = { instructions: SYSTEM, prompt: PROMPT, temperature: TEMPERATURE };
    return replyOf(await this.ask(model, asked));
  }

  async stream(model, pieces) {
    return replyOf(await this.streamed(model, pieces, { prompt: PROMPT }));
  }

  // The package calls the tools by itself, and asks again with what they came to.
  async tools(model, prompt, isStream) {
    const asked = { prompt, tools: TOOLS, stopWhen: isStepCount(2) };
    const result = isStream ? await this.streamed(model, [], asked) : await this.ask(model, asked);
    const [first] = result.steps;
    const calls = first.toolCalls.map((call) => [call.toolName, call.input]);
    return { calls, stop: STOPS[first.finishReason], reply: replyOf(result) };
  }

  async image(model) {
    const shown = { type: "file", mediaType: "image/png", data: PNG };
    const content = [{ type: "text", text: SEE }, shown];
    return replyOf(await this.ask(model, { messages: [{ role: "user", content }] }));
  }

  async structured(model) {
    const output = Output.object({ schema: jsonSchema(SCHEMA), name: "weather" });
    const result = await this.ask(model, { prompt: STRUCTURE, output });
    return { ...replyOf(result), text: JSON.stringify(result.output) };
  }

  async leave(model) {
    const leaving = new AbortController();
    const asked = { prompt: PROMPT, abortSignal: leaving.signal };
    const result = streamText({ ...this.settings(model), ...asked });
    for await (const piece of result.textStream) {
      leaving.abort();
      return piece;
    }
  }

  status(error) {
    return error.statusCode;
  }

  retryAfter(error) {
    return error.responseHeaders["retry-after"];
  }
}

// What the last step came to.
function replyOf({ text, steps }) {
  const { finishReason, usage } = steps.at(-1);
  return { text, stop: STOPS[finishReason], usage: [usage.inputTokens, usage.outputTokens] };
}
