// Google's SDK's embedContent.

import { Embedder } from "./embedder.mjs";
import { Gemini } from "./gemini.mjs";

export class GeminiEmbeddings extends Embedder {
  static id = "google-genai-embeddings";
  static flavor = "gemini";
  static showsHeaders = false;
  static cases = [...Embedder.cases, "parts", "task"];

  constructor(root, key) {
    super();
    this.own = new Gemini(root, key);
  }

  isRefusal(error) {
    return this.own.isRefusal(error);
  }

  async vectors(model, contents, config) {
    const asked = { model, contents, config };
    const { embeddings, usageMetadata } = await this.own.client.models.embedContent(asked);
    return {
      vectors: embeddings.map(({ values }) => values),
      tokens: usageMetadata?.promptTokenCount,
    };
  }

  one(model, text) {
    return this.vectors(model, text);
  }

  several(model, texts) {
    return this.vectors(model, texts);
  }

  shorter(model, texts, outputDimensionality) {
    return this.vectors(model, texts, { outputDimensionality });
  }

  // One vector of several texts.
  parts(model, texts) {
    return this.vectors(model, { parts: texts.map((text) => ({ text })) });
  }

  task(model, text, taskType, title) {
    return this.vectors(model, text, { taskType, title });
  }
}
