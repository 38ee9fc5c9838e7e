"""The openai SDK's images."""

from .caller import Caller
from .openai_client import ERRORS, client_of, whole

PROMPT = "a lorry on a weighbridge, “full”"


class OpenAIImages(Caller):
    name = "openai-images"
    flavor = "openai"
    service = "text-to-image"
    errors = ERRORS
    cases = (
        "picture",
        "several_pictures",
        "error_400",
        "error_404",
        "error_429",
        "error_500",
        "cut",
    )

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def draw(self, model, **rest):
        return whole(self.client.images.generate(model=model, prompt=PROMPT, **rest))

    def ask(self, model):
        self.draw(model)

    def close(self):
        self.client.close()
