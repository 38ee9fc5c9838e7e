"""The openai SDK's transcriptions."""

from providers import sound

from .caller import FAILURES, Caller
from .openai_client import ERRORS, client_of, whole

WORDS = "The lorry weighs seven and a half tonnes, naïvely."
WAV = sound.made("wav", WORDS)
FILE = ("lorry.wav", WAV, "audio/wav")


class OpenAITranscriptions(Caller):
    name = "openai-transcriptions"
    flavor = "openai"
    service = "speech-to-text"
    errors = ERRORS
    cases = (
        "transcript",
        "transcript_text",
        "transcript_srt",
        "transcript_vtt",
        "transcript_verbose",
        "transcript_stream",
        "transcript_stream_error",
        *FAILURES,
    )

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def _ask(self, model, **rest):
        create = self.client.audio.transcriptions.create
        return create(model=model, file=FILE, language="en", **rest)

    def write_down(self, model, **rest):
        return whole(self._ask(model, **rest))

    def spell(self, model, format):
        """The transcript in a format that is no JSON."""
        return self._ask(model, response_format=format)

    def events(self, model):
        with self._ask(model, stream=True) as stream:
            return [whole(event) for event in stream]

    def ask(self, model):
        self.write_down(model)

    def close(self):
        self.client.close()
