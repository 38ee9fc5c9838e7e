// The ai package's embed and embedMany, with each of its providers that has them.

import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, embedMany } from "ai";

import { refusedByAi } from "./ai_refusal.mjs";
import { PATIENCE } from "./caller.mjs";
import { Embedder } from "./embedder.mjs";

class AiEmbedder extends refusedByAi(Embedder) {
  static flavor = "openai";

  // The model with this name.
  model(name) {
    return this.provider.embeddingModel(name);
  }

  settings(model) {
    const abortSignal = AbortSignal.timeout(PATIENCE);
    return { model: this.model(model), maxRetries: 0, abortSignal };
  }

  async one(model, value) {
    const { embedding, usage } = await embed({ ...this.settings(model), value });
    return { vectors: [embedding], tokens: usage.tokens };
  }

  async several(model, values, rest = {}) {
    const { embeddings, usage } = await embedMany({ ...this.settings(model), values, ...rest });
    return { vectors: embeddings, tokens: usage.tokens };
  }

  shorter(model, texts, dimensions) {
    return this.several(model, texts, { dimensions });
  }
}

export class AiEmbeddings extends AiEmbedder {
  static id = "ai-embeddings";

  constructor(root, key) {
    super();
    this.provider = createOpenAI({ baseURL: `${root}/v1`, apiKey: key });
  }
}

export class AiCompatibleEmbeddings extends AiEmbedder {
  static id = "ai-compatible-embeddings";

  constructor(root, key) {
    super();
    const baseURL = `${root}/v1`;
    this.provider = createOpenAICompatible({ name: "weighbridge", baseURL, apiKey: key });
  }
}
