"""The openai SDK's speech."""

import base64
import json

from .caller import FAILURES, Caller
from .openai_client import ERRORS, client_of

SAID = "Seven and a half tonnes, “net”."


class OpenAISpeech(Caller):
    name = "openai-speech"
    flavor = "openai"
    service = "text-to-speech"
    errors = ERRORS
    cases = (
        "speech_wav",
        "speech_mp3",
        "speech_stream",
        "speech_events",
        *FAILURES,
    )

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def speak(self, model, **rest):
        """The sound and its media type, once it is there."""
        reply = self.client.audio.speech.create(model=model, input=SAID, voice="alloy", **rest)
        return reply.read(), reply.response.headers["content-type"]

    def speak_streamed(self, model, **rest):
        """The same, as the sound comes."""
        create = self.client.audio.speech.with_streaming_response.create
        with create(model=model, input=SAID, voice="alloy", **rest) as reply:
            return b"".join(reply.iter_bytes()), reply.headers["content-type"]

    def speak_in_events(self, model, **rest):
        """The sound out of events, which the SDK leaves to its users to read, and the last of them."""
        create = self.client.audio.speech.with_streaming_response.create
        asked = {"input": SAID, "voice": "alloy", "stream_format": "sse"}
        with create(model=model, **asked, **rest) as reply:
            lines = [line.removeprefix("data: ") for line in reply.iter_lines() if line]
        *deltas, done = [json.loads(line) for line in lines]
        assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
        assert done["type"] == "speech.audio.done"
        return [base64.b64decode(delta["audio"]) for delta in deltas], done["usage"]

    def ask(self, model):
        self.speak(model)

    def close(self):
        self.client.close()
