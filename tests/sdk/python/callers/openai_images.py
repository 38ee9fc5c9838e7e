"""The openai SDK's images."""

from .caller import FAILURES, Caller
from .openai_client import ERRORS, client_of, whole

PROMPT = "a lorry on a weighbridge, “full”"


class OpenAIImages(Caller):
    name = "openai-images"
    flavor = "openai"
    service = "text-to-image"
    errors = ERRORS
    cases = ("picture", "several_pictures", "picture_stream", *FAILURES)

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def draw(self, model, **rest):
        return whole(self.client.images.generate(model=model, prompt=PROMPT, **rest))

    def events(self, model, partial):
        """A picture as it becomes one, seen so many times before."""
        create = self.client.images.generate
        asked = {"stream": True, "partial_images": partial}
        with create(model=model, prompt=PROMPT, **asked) as stream:
            return [whole(event) for event in stream]

    def ask(self, model):
        self.draw(model)

    def close(self):
        self.client.close()
