// The openai SDK's embeddings, which asks for base64 unless it is told otherwise.

import assert from "node:assert/strict";

import { Embedder } from "./embedder.mjs";
import { clientOf, ERRORS } from "./openai_client.mjs";

export class OpenAiEmbeddings extends Embedder {
  static id = "openai-embeddings";
  static flavor = "openai";
  static cases = [...Embedder.cases, "floats", "tokens", "token_lists"];

  constructor(root, key) {
    super();
    this.client = clientOf(root, key);
  }

  isRefusal(error, status) {
    return error instanceof ERRORS[status];
  }

  async vectors(model, input, rest = {}) {
    const { data, usage } = await this.client.embeddings.create({ model, input, ...rest });
    assert.deepEqual(
      data.map((item) => item.index),
      [...data.keys()],
    );
    assert.equal(usage.total_tokens, usage.prompt_tokens);
    return { vectors: data.map((item) => item.embedding), tokens: usage.prompt_tokens };
  }

  one(model, text) {
    return this.vectors(model, text);
  }

  several(model, texts) {
    return this.vectors(model, texts);
  }

  shorter(model, texts, dimensions) {
    return this.vectors(model, texts, { dimensions });
  }

  floats(model, texts) {
    return this.vectors(model, texts, { encoding_format: "float" });
  }

  tokens(model, tokens) {
    return this.vectors(model, tokens);
  }
}
