// Ollama's SDK's embed, and embeddings, its older way for one text.

import { FAILURES } from "./caller.mjs";
import { Embedder } from "./embedder.mjs";
import { Ollama } from "./ollama.mjs";

export class OllamaEmbed extends Embedder {
  static id = "ollama-embed";
  static flavor = "ollama";
  static showsHeaders = false;

  constructor(root, key) {
    super();
    this.own = new Ollama(root, key);
  }

  isRefusal(error) {
    return this.own.isRefusal(error);
  }

  status(error) {
    return this.own.status(error);
  }

  async vectors(model, input, rest = {}) {
    const reply = await this.own.client.embed({ model, input, ...rest });
    return { vectors: reply.embeddings, tokens: reply.prompt_eval_count };
  }

  one(model, text) {
    return this.vectors(model, text);
  }

  several(model, texts) {
    return this.vectors(model, texts, { truncate: true });
  }

  shorter(model, texts, dimensions) {
    return this.vectors(model, texts, { dimensions });
  }
}

export class OllamaEmbeddings extends OllamaEmbed {
  static id = "ollama-embeddings";
  static cases = ["one", ...FAILURES];
  static tellsTokens = false;

  async one(model, prompt) {
    const { embedding } = await this.own.client.embeddings({ model, prompt });
    return { vectors: [embedding], tokens: undefined };
  }
}
