// The ai package's Anthropic provider.

import { createAnthropic } from "@ai-sdk/anthropic";

import { Ai } from "./ai.mjs";

export class AiAnthropic extends Ai {
  static id = "ai-anthropic";
  static flavor = "anthropic";

  // Of models that it does not know by name it thinks that they keep to no schema by themselves,
  // and has them call a tool instead.
  providerOptions = { anthropic: { structuredOutputMode: "outputFormat" } };

  constructor(root, key) {
    super();
    this.provider = createAnthropic({ baseURL: `${root}/v1`, apiKey: key });
  }

  model(name) {
    return this.provider(name);
  }
}
