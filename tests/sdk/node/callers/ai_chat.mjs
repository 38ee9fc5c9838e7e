// The ai package's OpenAI provider with chat completions.

import { createOpenAI } from "@ai-sdk/openai";

import { Ai } from "./ai.mjs";

export class AiChat extends Ai {
  static id = "ai-chat";
  static flavor = "openai";

  constructor(root, key) {
    super();
    this.provider = createOpenAI({ baseURL: `${root}/v1`, apiKey: key });
  }

  model(name) {
    return this.provider.chat(name);
  }
}
