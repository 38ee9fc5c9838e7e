// Google's SDK.

import { ApiError, FinishReason, GoogleGenAI, Type } from "@google/genai";

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
  TEMPERATURE,
  TOOL,
  TOOL_TEXT,
  WEATHER,
} from "./caller.mjs";

// As its users write it: Google's own kind of schema, with types in capitals.
const CITY = { type: Type.STRING, description: "Which city" };
const PARAMETERS = { type: Type.OBJECT, properties: { city: CITY }, required: ["city"] };
const TOOLS = [
  { functionDeclarations: [{ name: TOOL, description: TOOL_TEXT, parameters: PARAMETERS }] },
];
const STOPS = { [FinishReason.STOP]: "stop", [FinishReason.MAX_TOKENS]: "length" };

export class Gemini extends Caller {
  static id = "google-genai";
  static flavor = "gemini";
  static showsHeaders = false;

  constructor(root, key) {
    super();
    const httpOptions = { baseUrl: root, timeout: PATIENCE };
    this.client = new GoogleGenAI({ apiKey: key, httpOptions });
  }

  // One class for all; the status tells them apart.
  isRefusal(error) {
    return error instanceof ApiError;
  }

  isBreak(error) {
    return error instanceof ApiError;
  }

  ask(model, contents, config) {
    return this.client.models.generateContent({ model, contents, config });
  }

  // Streams; the SDK has no helper that puts the reply together, so its users do it.
  async streamed(model, contents, pieces, config) {
    const parts = [];
    let last;
    const stream = await this.client.models.generateContentStream({ model, contents, config });
    for await (const chunk of stream) {
      const own = chunk.candidates?.[0].content?.parts ?? [];
      parts.push(...own.filter((part) => part.text !== ""));
      pieces.push(...own.filter((part) => part.text && !part.thought).map((part) => part.text));
      last = chunk;
    }
    last.candidates[0].content = { role: "model", parts };
    return last;
  }

  async text(model) {
    const limits = { maxOutputTokens: LIMIT, temperature: TEMPERATURE };
    return replyOf(await this.ask(model, PROMPT, { systemInstruction: SYSTEM, ...limits }));
  }

  async stream(model, pieces) {
    return replyOf(await this.streamed(model, PROMPT, pieces));
  }

  async tools(model, prompt, isStream) {
    const ask = (contents) =>
      isStream
        ? this.streamed(model, contents, [], { tools: TOOLS })
        : this.ask(model, contents, { tools: TOOLS });
    const contents = [{ role: "user", parts: [{ text: prompt }] }];
    const first = await ask(contents);
    const calls = first.functionCalls ?? [];
    const ordered = calls.every((call) => call.id) ? inReverse(calls) : calls;
    const parts = ordered.map(({ id, name, args }) => ({
      functionResponse: { id, name, response: { result: WEATHER[args.city] } },
    }));
    contents.push(first.candidates[0].content, { role: "user", parts });
    const asked = calls.map((call) => [call.name, call.args]);
    const stop = STOPS[first.candidates[0].finishReason];
    const reply = replyOf(await ask(contents));
    // Calls end in STOP there; that there are any is what says so.
    return { calls: asked, stop: calls.length > 0 && stop === "stop" ? "tools" : stop, reply };
  }

  async image(model) {
    const inlineData = { mimeType: "image/png", data: PNG.toString("base64") };
    return replyOf(await this.ask(model, [SEE, { inlineData }]));
  }

  async structured(model) {
    const wanted = { responseMimeType: "application/json", responseJsonSchema: SCHEMA };
    return replyOf(await this.ask(model, STRUCTURE, wanted));
  }

  async leave(model) {
    const leaving = new AbortController();
    const config = { abortSignal: leaving.signal };
    const asked = { model, contents: PROMPT, config };
    for await (const chunk of await this.client.models.generateContentStream(asked)) {
      if (chunk.text) {
        leaving.abort();
        return chunk.text;
      }
    }
  }
}

function replyOf({ candidates: [candidate], usageMetadata: used }) {
  const parts = candidate.content.parts ?? [];
  const texts = parts.filter((part) => part.text && !part.thought).map((part) => part.text);
  const output = (used.candidatesTokenCount ?? 0) + (used.thoughtsTokenCount ?? 0);
  return {
    text: texts.join(""),
    stop: STOPS[candidate.finishReason],
    usage: [used.promptTokenCount, output],
  };
}
