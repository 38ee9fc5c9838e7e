// Anthropic's SDK.

import Anthropic, {
  APIConnectionError,
  APIError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";

import {
  Caller,
  inReverse,
  LIMIT,
  PATIENCE,
  PNG,
  PROMPT,
  SCHEMA,
  SEE,
  STRUCTURE,
  SYSTEM,
  TOOL,
  TOOL_SCHEMA,
  TOOL_TEXT,
  WEATHER,
} from "./caller.mjs";

const ERRORS = {
  400: BadRequestError,
  404: NotFoundError,
  429: RateLimitError,
  500: InternalServerError,
};
const TOOLS = [{ name: TOOL, description: TOOL_TEXT, input_schema: TOOL_SCHEMA }];
const STOPS = { end_turn: "stop", tool_use: "tools", max_tokens: "length" };

export class Messages extends Caller {
  static id = "anthropic";
  static flavor = "anthropic";

  constructor(root, key) {
    super();
    const options = { apiKey: key, baseURL: root, timeout: PATIENCE, maxRetries: 0 };
    this.client = new Anthropic(options);
  }

  isRefusal(error, status) {
    return error instanceof ERRORS[status];
  }

  isBreak(error) {
    return error instanceof APIError && !(error instanceof APIConnectionError);
  }

  ask(model, messages, rest = {}) {
    return this.client.messages.create({ model, messages, max_tokens: LIMIT, ...rest });
  }

  // Streams by the SDK's own helper, which puts the message together again.
  async streamed(model, messages, pieces, rest = {}) {
    const asked = { model, messages, max_tokens: LIMIT, ...rest };
    const stream = this.client.messages.stream(asked).on("text", (piece) => pieces.push(piece));
    return await stream.finalMessage();
  }

  async text(model) {
    // No temperature: the version of the protocol that the SDK speaks has none.
    return replyOf(await this.ask(model, [user(PROMPT)], { system: SYSTEM }));
  }

  async stream(model, pieces) {
    return replyOf(await this.streamed(model, [user(PROMPT)], pieces));
  }

  async tools(model, prompt, isStream) {
    const ask = (messages) =>
      isStream
        ? this.streamed(model, messages, [], { tools: TOOLS })
        : this.ask(model, messages, { tools: TOOLS });
    const messages = [user(prompt)];
    const first = await ask(messages);
    const calls = first.content.filter((block) => block.type === "tool_use");
    const results = inReverse(calls).map(({ id, input }) => ({
      type: "tool_result",
      tool_use_id: id,
      content: WEATHER[input.city],
    }));
    messages.push({ role: "assistant", content: first.content }, user(results));
    const asked = calls.map((call) => [call.name, call.input]);
    return { calls: asked, stop: STOPS[first.stop_reason], reply: replyOf(await ask(messages)) };
  }

  async image(model) {
    const source = { type: "base64", media_type: "image/png", data: PNG.toString("base64") };
    const parts = [
      { type: "text", text: SEE },
      { type: "image", source },
    ];
    return replyOf(await this.ask(model, [user(parts)]));
  }

  async structured(model) {
    const wanted = { output_config: { format: { type: "json_schema", schema: SCHEMA } } };
    return replyOf(await this.ask(model, [user(STRUCTURE)], wanted));
  }

  async leave(model) {
    const asked = { model, messages: [user(PROMPT)], max_tokens: LIMIT };
    for await (const event of this.client.messages.stream(asked)) {
      if (event.delta?.type === "text_delta") return event.delta.text;
    }
  }
}

function user(content) {
  return { role: "user", content };
}

function replyOf({ content, stop_reason, usage }) {
  const texts = content.filter((block) => block.type === "text").map((block) => block.text);
  // What came from a cache or went into one stands beside the other input there.
  const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  const used = [usage.input_tokens + cached, usage.output_tokens];
  return { text: texts.join(""), stop: STOPS[stop_reason], usage: used };
}
