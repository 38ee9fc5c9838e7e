// Ollama's SDK.

import { Ollama as Client } from "ollama";

import {
  Caller,
  LIMIT,
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

const TOOLS = [
  {
    type: "function",
    function: { name: TOOL, description: TOOL_TEXT, parameters: TOOL_SCHEMA },
  },
];
// What the SDK says of a stream that just ends.
const NO_END = "Did not receive done or success response in stream.";

export class Ollama extends Caller {
  static id = "ollama";
  static flavor = "ollama";
  static showsHeaders = false;

  constructor(root, key) {
    super();
    this.client = new Client({ host: root, headers: { authorization: `Bearer ${key}` } });
  }

  // The SDK gives its class to nobody; the status tells the errors apart.
  isRefusal(error) {
    return error.name === "ResponseError";
  }

  // A plain `Error` with the words of the line that said so.
  isBreak(error) {
    return error.constructor === Error && error.message !== NO_END;
  }

  // Streams; the SDK has no helper that puts the reply together, so its users do it.
  async streamed(model, messages, pieces, rest = {}) {
    const calls = [];
    let last;
    for await (const part of await this.client.chat({ model, messages, stream: true, ...rest })) {
      if (part.message.content) pieces.push(part.message.content);
      calls.push(...(part.message.tool_calls ?? []));
      last = part;
    }
    const message = { role: "assistant", content: pieces.join("") };
    if (calls.length > 0) message.tool_calls = calls;
    return { ...last, message };
  }

  async text(model) {
    const messages = [{ role: "system", content: SYSTEM }, user(PROMPT)];
    const options = { num_predict: LIMIT, temperature: TEMPERATURE };
    return replyOf(await this.client.chat({ model, messages, options }));
  }

  async stream(model, pieces) {
    return replyOf(await this.streamed(model, [user(PROMPT)], pieces));
  }

  async tools(model, prompt, isStream) {
    const ask = (messages) =>
      isStream
        ? this.streamed(model, messages, [], { tools: TOOLS })
        : this.client.chat({ model, messages, tools: TOOLS });
    const messages = [user(prompt)];
    const first = await ask(messages);
    const calls = first.message.tool_calls ?? [];
    messages.push(first.message);
    // The SDK's types have no ids of calls: results are told apart by their tool and their order.
    for (const { function: called } of calls) {
      const content = WEATHER[called.arguments.city];
      messages.push({ role: "tool", tool_name: called.name, content });
    }
    const asked = calls.map((call) => [call.function.name, call.function.arguments]);
    // Calls end in `stop` there; that there are any is what says so.
    const stop = calls.length > 0 && first.done_reason === "stop" ? "tools" : first.done_reason;
    return { calls: asked, stop, reply: replyOf(await ask(messages)) };
  }

  async image(model) {
    const messages = [{ ...user(SEE), images: [PNG] }];
    return replyOf(await this.client.chat({ model, messages }));
  }

  async structured(model) {
    const messages = [user(STRUCTURE)];
    return replyOf(await this.client.chat({ model, messages, format: SCHEMA }));
  }

  async leave(model) {
    const stream = await this.client.chat({ model, messages: [user(PROMPT)], stream: true });
    for await (const part of stream) {
      if (part.message.content) {
        stream.abort();
        return part.message.content;
      }
    }
  }

  status(error) {
    return error.status_code;
  }
}

function user(content) {
  return { role: "user", content };
}

function replyOf({ message, done_reason, prompt_eval_count, eval_count }) {
  const usage = [prompt_eval_count, eval_count];
  return { text: message.content ?? "", stop: done_reason, usage };
}
