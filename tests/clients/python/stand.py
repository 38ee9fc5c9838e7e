"""The gateway with a scripted provider of each flavor behind it, as configuration."""

import providers
from providers.configuration import tables

FLAVORS = list(providers.FLAVORS)

# OpenAI has several APIs, and here each provider speaks one.
EXTRA = {"openai": "responses = false\ncompletions = false\n", "responses": 'responses = "only"\n'}


def configuration(servers):
    """A provider for each server."""
    return tables(servers, dict.fromkeys(servers, ["chat"]), EXTRA)
