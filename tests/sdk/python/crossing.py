"""The configuration of a gateway with a provider of each flavor, and what each of them serves."""

import json

import providers

PROVIDER = """
[[providers]]
name = {name}
flavor = {flavor}
base_url = {url}
api_key = {secret}
location = "local"
services = {services}
models = {models}
timeout = {{ connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }}
"""
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
    blocks = []
    for name, server in servers.items():
        words = {
            "name": name,
            "flavor": "openai" if name == "responses" else name,
            "url": server.url,
            "secret": providers.SECRET,
            "services": SERVICES[name],
            "models": providers.models(name),
        }
        block = PROVIDER.format(**{key: json.dumps(word) for key, word in words.items()})
        blocks.append(block + EXTRA.get(name, ""))
    return "".join(blocks)


def those_who_serve(service):
    """The names of the providers that serve it."""
    return [name for name, services in SERVICES.items() if service in services]
