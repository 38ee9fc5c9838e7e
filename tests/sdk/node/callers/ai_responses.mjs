// The ai package's OpenAI provider as it is where nothing is said: responses.

import { createOpenAI } from "@ai-sdk/openai";

import { Ai } from "./ai.mjs";

export class AiResponses extends Ai {
  static id = "ai-responses";
  static flavor = "responses";

  constructor(root, key) {
    super();
    this.provider = createOpenAI({ baseURL: `${root}/v1`, apiKey: key });
  }

  model(name) {
    return this.provider(name);
  }
}
