"""The configuration of a gateway with a provider of each flavor, and what each of them serves."""

from providers.configuration import tables

# The two that OpenAI has: responses for the models that it says so of, and chat.
EXTRA = {"openai": "responses = false\n", "responses": 'responses = "only"\n'}
BESIDE_CHAT = ["embed", "text-to-image", "text-to-speech", "speech-to-text"]
SERVICES = {
    "openai": ["chat", *BESIDE_CHAT],
    "responses": ["chat"],
    "anthropic": ["chat"],
    "gemini": ["chat", "embed"],
    "ollama": ["chat", "embed"],
    "aog": BESIDE_CHAT,
}


def configuration(servers):
    """A provider of each flavor."""
    return tables(servers, SERVICES, EXTRA)


def those_who_serve(service):
    """The names of the providers that serve it."""
    return [name for name, services in SERVICES.items() if service in services]
