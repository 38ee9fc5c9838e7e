"""The ollama SDK's embed, and embeddings, its older way for one text."""

from .embedder import Embedder, Vectors
from .ollama import Ollama


class OllamaEmbed(Embedder):
    name = "ollama-embed"
    flavor = "ollama"
    errors = Ollama.errors
    shows_headers = False

    def __init__(self, root, key):
        self.own = Ollama(root, key)

    def _ask(self, model, given, **rest):
        reply = self.own.client.embed(model, given, **rest)
        return Vectors([list(it) for it in reply.embeddings], reply.prompt_eval_count)

    def one(self, model, text):
        return self._ask(model, text)

    def several(self, model, texts):
        return self._ask(model, texts, truncate=True)

    def shorter(self, model, texts, length):
        return self._ask(model, texts, dimensions=length)

    def close(self):
        self.own.close()


class OllamaEmbeddings(OllamaEmbed):
    name = "ollama-embeddings"
    cases = tuple(case for case in OllamaEmbed.cases if case not in ("several", "shorter"))

    def one(self, model, text):
        return Vectors([list(self.own.client.embeddings(model, text).embedding)])
