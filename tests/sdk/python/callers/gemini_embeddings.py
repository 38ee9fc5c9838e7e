"""The google-genai SDK's embed_content."""

from google.genai import types

from .embedder import CASES, Embedder, Vectors
from .gemini import Gemini


class GeminiEmbeddings(Embedder):
    name = "google-genai-embeddings"
    flavor = "gemini"
    errors = Gemini.errors
    cases = (*CASES, "parts", "task")

    def __init__(self, root, key):
        self.own = Gemini(root, key)

    def _ask(self, model, contents, **config):
        config = types.EmbedContentConfig(**config) if config else None
        embed = self.own.client.models.embed_content
        reply = embed(model=model, contents=contents, config=config)
        used = reply.usage_metadata
        tokens = used.prompt_token_count if used else None
        return Vectors([it.values for it in reply.embeddings], tokens)

    def one(self, model, text):
        return self._ask(model, text)

    def several(self, model, texts):
        return self._ask(model, _contents(texts))

    def shorter(self, model, texts, length):
        return self._ask(model, _contents(texts), output_dimensionality=length)

    def parts(self, model, texts):
        """One vector of several texts."""
        return self._ask(model, types.Content(parts=[types.Part(text=text) for text in texts]))

    def task(self, model, text, task, title):
        return self._ask(model, text, task_type=task, title=title)

    def status(self, error):
        return self.own.status(error)

    def close(self):
        self.own.close()


def _contents(texts):
    """A content for each text: with models of Gemini's name the SDK makes one of bare texts."""
    return [types.Content(parts=[types.Part(text=text)]) for text in texts]
