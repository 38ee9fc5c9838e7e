// The openai SDK's responses.

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
    name: TOOL,
    description: TOOL_TEXT,
    parameters: TOOL_SCHEMA,
    strict: false,
  },
];
const STOPS = { completed: "stop", incomplete: "length" };

export class Responses extends Caller {
  static id = "openai-responses";
  static flavor = "responses";

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

  ask(model, input, rest = {}) {
    return this.client.responses.create({ model, input, store: false, ...rest });
  }

  // Streams by the SDK's own helper, which puts the response together again.
  async streamed(model, input, pieces, rest = {}) {
    const stream = this.client.responses.stream({ model, input, store: false, ...rest });
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") pieces.push(event.delta);
    }
    return await stream.finalResponse();
  }

  async text(model) {
    const limits = { max_output_tokens: LIMIT, temperature: TEMPERATURE };
    return replyOf(await this.ask(model, PROMPT, { instructions: SYSTEM, ...limits }));
  }

  async stream(model, pieces) {
    return replyOf(await this.streamed(model, PROMPT, pieces));
  }

  async tools(model, prompt, isStream) {
    const ask = (items) =>
      isStream
        ? this.streamed(model, items, [], { tools: TOOLS })
        : this.ask(model, items, { tools: TOOLS });
    const items = [{ role: "user", content: prompt }];
    const first = await ask(items);
    const calls = first.output.filter((item) => item.type === "function_call");
    // What the SDK's helper has read out of the arguments is its own.
    items.push(...first.output.map(({ parsed_arguments, ...item }) => item));
    for (const call of inReverse(calls)) {
      const output = WEATHER[JSON.parse(call.arguments).city];
      items.push({ type: "function_call_output", call_id: call.call_id, output });
    }
    const asked = calls.map((call) => [call.name, JSON.parse(call.arguments)]);
    const stop = calls.length > 0 && first.status === "completed" ? "tools" : first.status;
    return { calls: asked, stop, reply: replyOf(await ask(items)) };
  }

  async image(model) {
    const shown = { type: "input_image", image_url: PNG_URL, detail: "auto" };
    const content = [{ type: "input_text", text: SEE }, shown];
    return replyOf(await this.ask(model, [{ role: "user", content }]));
  }

  async structured(model) {
    const format = { type: "json_schema", name: "weather", schema: SCHEMA, strict: true };
    return replyOf(await this.ask(model, STRUCTURE, { text: { format } }));
  }

  async leave(model) {
    for await (const event of await this.ask(model, PROMPT, { stream: true })) {
      if (event.type === "response.output_text.delta") return event.delta;
    }
  }
}

function replyOf({ output_text: text, status, usage }) {
  return { text, stop: STOPS[status], usage: [usage.input_tokens, usage.output_tokens] };
}
