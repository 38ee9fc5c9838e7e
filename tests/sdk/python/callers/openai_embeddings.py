"""The openai SDK's embeddings, which asks for base64 unless it is told otherwise."""

from .embedder import CASES, Embedder, Vectors
from .openai_client import ERRORS, client_of, whole


class OpenAIEmbeddings(Embedder):
    name = "openai-embeddings"
    flavor = "openai"
    errors = ERRORS
    cases = (*CASES, "floats", "tokens", "token_lists")

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def _ask(self, model, given, **rest):
        reply = whole(self.client.embeddings.create(model=model, input=given, **rest))
        assert [item.index for item in reply.data] == list(range(len(reply.data)))
        assert reply.usage.total_tokens == reply.usage.prompt_tokens
        return Vectors([item.embedding for item in reply.data], reply.usage.prompt_tokens)

    def one(self, model, text):
        return self._ask(model, text)

    def several(self, model, texts):
        return self._ask(model, texts)

    def shorter(self, model, texts, length):
        return self._ask(model, texts, dimensions=length)

    def floats(self, model, texts):
        return self._ask(model, texts, encoding_format="float")

    def tokens(self, model, tokens):
        return self._ask(model, tokens)

    def close(self):
        self.client.close()
