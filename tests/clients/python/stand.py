"""The gateway with a scripted provider of each flavor behind it, as configuration."""

import json

import providers

FLAVORS = list(providers.FLAVORS)

PROVIDER = """
[[providers]]
name = {name}
flavor = {flavor}
base_url = {url}
api_key = {secret}
location = "local"
services = ["chat"]
models = {models}
timeout = {{ connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }}
"""
# OpenAI has several APIs, and here each provider speaks one.
EXTRA = {"openai": "responses = false\ncompletions = false\n", "responses": 'responses = "only"\n'}


def configuration(servers):
    """A provider for each server."""
    blocks = []
    for name, server in servers.items():
        words = {
            "name": name,
            "flavor": "openai" if name == "responses" else name,
            "url": server.url,
            "secret": providers.SECRET,
            "models": providers.models(name),
        }
        block = PROVIDER.format(**{key: json.dumps(word) for key, word in words.items()})
        blocks.append(block + EXTRA.get(name, ""))
    return "".join(blocks)
