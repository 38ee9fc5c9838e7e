// What writes down: the openai SDK's transcriptions, and the ai package's transcribe.

import { createOpenAI } from "@ai-sdk/openai";
import { transcribe } from "ai";
import { APIError, toFile } from "openai";

import { wavOf } from "../sound.mjs";
import { refusedByAi } from "./ai_refusal.mjs";
import { Caller, FAILURES, PATIENCE } from "./caller.mjs";
import { clientOf, ERRORS } from "./openai_client.mjs";

export const WORDS = "The lorry weighs seven and a half tonnes, naïvely.";
const WAV = wavOf(WORDS);

// An SDK. `writeDown` gives the `text`; `verbose` that, how long it is, and its `segments`, each with
// its `start`, `end` and `text`.
class Writer extends Caller {
  static flavor = "openai";
  static service = "speech-to-text";
  static cases = ["transcript", "transcript_verbose", ...FAILURES];

  ask(model) {
    return this.writeDown(model);
  }
}

export class OpenAiTranscriptions extends Writer {
  static id = "openai-transcriptions";
  static cases = [
    ...Writer.cases,
    "transcript_text",
    "transcript_srt",
    "transcript_vtt",
    "transcript_stream",
    "transcript_stream_error",
  ];

  constructor(root, key) {
    super();
    this.client = clientOf(root, key);
  }

  isRefusal(error, status) {
    return error instanceof ERRORS[status];
  }

  isBreak(error) {
    return error instanceof APIError;
  }

  async answer(model, rest = {}) {
    const file = await toFile(WAV, "lorry.wav", { type: "audio/wav" });
    return this.client.audio.transcriptions.create({ model, file, language: "en", ...rest });
  }

  async writeDown(model) {
    return (await this.answer(model)).text;
  }

  // A format that is no JSON.
  spelled(model, response_format) {
    return this.answer(model, { response_format });
  }

  async verbose(model) {
    const response_format = "verbose_json";
    const asked = { response_format, timestamp_granularities: ["segment"] };
    const { text, duration, segments } = await this.answer(model, asked);
    return { text, duration, segments };
  }

  async events(model) {
    const events = [];
    for await (const event of await this.answer(model, { stream: true })) events.push(event);
    return events;
  }
}

export class AiTranscriptions extends refusedByAi(Writer) {
  static id = "ai-transcriptions";

  constructor(root, key) {
    super();
    this.provider = createOpenAI({ baseURL: `${root}/v1`, apiKey: key });
  }

  answer(model, openai = {}) {
    return transcribe({
      model: this.provider.transcription(model),
      audio: WAV,
      providerOptions: { openai: { language: "en", ...openai } },
      maxRetries: 0,
      abortSignal: AbortSignal.timeout(PATIENCE),
    });
  }

  async writeDown(model) {
    return (await this.answer(model)).text;
  }

  async verbose(model) {
    const reply = await this.answer(model, { responseFormat: "verbose_json" });
    const segments = reply.segments.map(({ text, startSecond, endSecond }) => ({
      text,
      start: startSecond,
      end: endSecond,
    }));
    return { text: reply.text, duration: reply.durationInSeconds, segments };
  }
}
