// A scripted provider: OpenAI's chat completions, as good or as bad as the model's name says.
//
// `plain`            replies, or streams three chunks
// `unpriced`         the same; the gateway has no price for it
// `long`             streams many words and never says its usage
// `gated`            streams one chunk, then waits until the test opens the gate
// `cut`              streams one chunk, then drops the connection
// `early-close`      promises more bytes than it sends
// `silent`           takes the request and never answers
// `context-length`   400, as a provider says that a prompt is too long
// `rate-limited`     429 with `retry-after`
// `broken`           500 with a page that is not JSON
// `bad-credential`   401: the gateway's key is wrong, not the caller's
//
// A call is found again by the text of its last message.

import { EventEmitter, once } from "node:events";
import http from "node:http";

export const WHOLE = "Weighed in and out.";
export const SECRET = "sk-the-providers-own-secret";
export const MODELS = [
  "plain",
  "unpriced",
  "long",
  "gated",
  "cut",
  "early-close",
  "silent",
  "context-length",
  "rate-limited",
  "broken",
  "bad-credential",
];

const WORDS = ["Weighed ", "in and ", "out."];
const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

const error = (message, type, code) =>
  JSON.stringify({ error: { message, type, param: null, code } });

const ERRORS = {
  "context-length": [
    400,
    error(
      "The prompt has 9000 tokens; 8192 is the most.",
      "invalid_request_error",
      "context_length_exceeded",
    ),
  ],
  "rate-limited": [
    429,
    error("Too many requests.", "requests", "rate_limit_exceeded"),
    { "retry-after": "7" },
  ],
  broken: [500, "<html><body>It broke.</body></html>", { "content-type": "text/html" }],
  "bad-credential": [
    401,
    error(`Wrong key: ${SECRET}`, "invalid_request_error", "invalid_api_key"),
  ],
};

// One request as the provider saw it, and the bytes it answered.
class Call {
  sent = Buffer.alloc(0);
  usageChunk = Buffer.alloc(0);
  chunksSent = 0;

  constructor(body, response) {
    this.body = body;
    this.key = body.messages.at(-1).content;
    this.gate = new Promise((open) => (this.openGate = open));
    this.gone = new Promise((left) => {
      response.on("close", () => response.writableFinished || left(true));
    });
  }
}

export class Provider extends EventEmitter {
  calls = [];

  static async start() {
    const provider = new Provider();
    provider.server = http.createServer((request, response) => provider.serve(request, response));
    provider.server.listen(0, "127.0.0.1");
    await once(provider.server, "listening");
    provider.baseUrl = `http://127.0.0.1:${provider.server.address().port}/v1`;
    return provider;
  }

  // The calls with this text.
  callsOf(key) {
    return this.calls.filter((call) => call.key === key);
  }

  // The last call with this text, waited for.
  async call(key) {
    while (this.callsOf(key).length === 0) {
      await once(this, "call", { signal: AbortSignal.timeout(5000) });
    }
    return this.callsOf(key).at(-1);
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async serve(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const call = new Call(JSON.parse(Buffer.concat(parts)), response);
    this.calls.push(call);
    this.emit("call");
    const model = call.body.model.replace(/^hasty-/, "");
    if (model === "silent") return;
    if (model in ERRORS) {
      const [status, body, headers] = ERRORS[model];
      response.writeHead(status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        ...headers,
      });
      response.end(body);
    } else if (call.body.stream) {
      await this.stream(call, model, response);
    } else {
      this.reply(call, model, response);
    }
  }

  reply(call, model, response) {
    const message = { role: "assistant", content: WHOLE };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    const reply = { ...head(call), object: "chat.completion", choices, usage: USAGE };
    call.sent = Buffer.from(JSON.stringify(reply, null, 1));
    const promised = call.sent.length + (model === "early-close" ? 100 : 0);
    response.writeHead(200, { "content-type": "application/json", "content-length": promised });
    if (model === "early-close") {
      response.write(call.sent, () => response.destroy());
    } else {
      response.end(call.sent);
    }
  }

  async stream(call, model, response) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = (rest) => {
      const event = { ...head(call), object: "chat.completion.chunk", ...rest };
      call.chunksSent += 1;
      return send(call, response, `data: ${JSON.stringify(event)}\n\n`);
    };
    const words = model === "long" ? Array(1000).fill("many words more ") : WORDS;
    for (const [index, content] of words.entries()) {
      const delta = index === 0 ? { role: "assistant", content } : { content };
      await chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
      if (model === "cut") return response.destroy();
      if (model === "gated" && index === 0) {
        const left = await Promise.race([call.gate, call.gone]);
        if (left) return;
      }
    }
    await chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    if (call.body.stream_options?.include_usage && model !== "long") {
      const before = call.sent.length;
      await chunk({ choices: [], usage: USAGE });
      call.usageChunk = call.sent.subarray(before);
    }
    await send(call, response, "data: [DONE]\n\n");
    response.end();
  }
}

function head(call) {
  return { id: "chatcmpl-1", created: 1, model: call.body.model };
}

function send(call, response, text) {
  const piece = Buffer.from(text);
  call.sent = Buffer.concat([call.sent, piece]);
  return new Promise((sent) => response.write(piece, () => sent()));
}
