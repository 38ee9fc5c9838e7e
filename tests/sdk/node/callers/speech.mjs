// What speaks: the openai SDK's speech, and the ai package's generateSpeech.

import { createOpenAI } from "@ai-sdk/openai";
import { generateSpeech } from "ai";

import { refusedByAi } from "./ai_refusal.mjs";
import { Caller, FAILURES, PATIENCE } from "./caller.mjs";
import { clientOf, ERRORS } from "./openai_client.mjs";

export const SAID = "Seven and a half tonnes, “net”.";
const VOICE = "alloy";

// An SDK. `speak` gives the `sound` in a format and its media type, as `kind`; `speakStreamed` the
// same as it comes.
class Speaker extends Caller {
  static flavor = "openai";
  static service = "text-to-speech";
  static cases = ["speech_wav", "speech_mp3", ...FAILURES];

  ask(model) {
    return this.speak(model, "wav");
  }
}

export class OpenAiSpeech extends Speaker {
  static id = "openai-speech";
  static cases = [...Speaker.cases, "speech_stream", "speech_events"];

  constructor(root, key) {
    super();
    this.client = clientOf(root, key);
  }

  isRefusal(error, status) {
    return error instanceof ERRORS[status];
  }

  answer(model, format, rest = {}) {
    const asked = { model, input: SAID, voice: VOICE, response_format: format, ...rest };
    return this.client.audio.speech.create(asked);
  }

  // The events that hold the sound, which the SDK leaves to its users to read.
  async events(model, format) {
    const answer = await this.answer(model, format, { stream_format: "sse" });
    const lines = (await answer.text()).split("\n\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line.replace(/^data: /, "")));
  }

  async speak(model, format) {
    const answer = await this.answer(model, format);
    const sound = Buffer.from(await answer.arrayBuffer());
    return { sound, kind: answer.headers.get("content-type") };
  }

  async speakStreamed(model, format) {
    const answer = await this.answer(model, format);
    const pieces = [];
    for await (const piece of answer.body) pieces.push(piece);
    return { sound: Buffer.concat(pieces), kind: answer.headers.get("content-type") };
  }
}

export class AiSpeech extends refusedByAi(Speaker) {
  static id = "ai-speech";

  constructor(root, key) {
    super();
    this.provider = createOpenAI({ baseURL: `${root}/v1`, apiKey: key });
  }

  async speak(model, outputFormat) {
    const { audio, responses } = await generateSpeech({
      model: this.provider.speech(model),
      text: SAID,
      voice: VOICE,
      outputFormat,
      maxRetries: 0,
      abortSignal: AbortSignal.timeout(PATIENCE),
    });
    const kind = responses[0].headers["content-type"];
    return { sound: Buffer.from(audio.uint8Array), kind };
  }
}
