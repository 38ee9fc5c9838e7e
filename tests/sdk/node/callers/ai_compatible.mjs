// The ai package's provider for servers that are compatible with OpenAI's.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";

import { Ai } from "./ai.mjs";

export class AiCompatible extends Ai {
  static id = "ai-compatible";
  static flavor = "openai";

  constructor(root, key) {
    super();
    this.provider = createOpenAICompatible({
      name: "weighbridge",
      baseURL: `${root}/v1`,
      apiKey: key,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
  }

  model(name) {
    return this.provider(name);
  }
}
