// The openai SDK's chat completions.

import { APIConnectionError, APIError } from "openai";

import {
  Caller,
  inReverse,
  LIMIT,
  PNG_URL,
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
import { clientOf, ERRORS } from "./openai_client.mjs";

const TOOLS = [
  {
    type: "function",
    function: { name: TOOL, description: TOOL_TEXT, parameters: TOOL_SCHEMA },
  },
];
const STOPS = { stop: "stop", tool_calls: "tools", length: "length" };

export class Chat extends Caller {
  static id = "openai-chat";
  static flavor = "openai";

  constructor(root, key) {
    super();
    this.client = clientOf(root, key);
  }

  isRefusal(error, status) {
    return error instanceof ERRORS[status];
  }

  isBreak(error) {
    return error instanceof APIError && !(error instanceof APIConnectionError);
  }

  ask(model, messages, rest = {}) {
    return this.client.chat.completions.create({ model, messages, ...rest });
  }

  // Streams by the SDK's own helper, which puts the reply together again.
  async streamed(model, messages, pieces, rest = {}) {
    const options = { stream_options: { include_usage: true }, ...rest };
    const stream = this.client.chat.completions.stream({ model, messages, ...options });
    stream.on("content.delta", ({ delta }) => delta && pieces.push(delta));
    return await stream.finalChatCompletion();
  }

  async text(model) {
    const messages = [{ role: "system", content: SYSTEM }, user(PROMPT)];
    const limits = { max_completion_tokens: LIMIT, temperature: TEMPERATURE };
    return replyOf(await this.ask(model, messages, limits));
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
    const [first] = (await ask(messages)).choices;
    const calls = first.message.tool_calls;
    // What the SDK's helper has read out of the message is its own.
    const echo = calls.map(({ id, type, function: { name, arguments: spelled } }) => ({
      id,
      type,
      function: { name, arguments: spelled },
    }));
    messages.push({ role: "assistant", content: null, tool_calls: echo });
    for (const call of inReverse(calls)) {
      const { city } = JSON.parse(call.function.arguments);
      messages.push({ role: "tool", tool_call_id: call.id, content: WEATHER[city] });
    }
    const asked = calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]);
    const reply = replyOf(await ask(messages));
    return { calls: asked, stop: STOPS[first.finish_reason], reply };
  }

  async image(model) {
    const shown = { type: "image_url", image_url: { url: PNG_URL } };
    return replyOf(await this.ask(model, [user([{ type: "text", text: SEE }, shown])]));
  }

  async structured(model) {
    const schema = { name: "weather", schema: SCHEMA, strict: true };
    const wanted = { response_format: { type: "json_schema", json_schema: schema } };
    return replyOf(await this.ask(model, [user(STRUCTURE)], wanted));
  }

  async leave(model) {
    for await (const chunk of await this.ask(model, [user(PROMPT)], { stream: true })) {
      const content = chunk.choices[0]?.delta.content;
      if (content) return content;
    }
  }
}

function user(content) {
  return { role: "user", content };
}

function replyOf({ choices: [choice], usage }) {
  const text = choice.message.content ?? "";
  const used = [usage.prompt_tokens, usage.completion_tokens];
  return { text, stop: STOPS[choice.finish_reason], usage: used };
}
