"""Scripted providers of every flavor: strict as the real services are, and always the same.

`python3 -m providers` in the folder above starts one of each and says where they are; with `all`
behind it, those as well that only serve what is beside chat. Which model answers what stands in
`mind`.
"""

from . import anthropic, aog, chat, gemini, ollama, responses, vector
from .server import SECRET, Server

FLAVORS = {flavor.NAME: flavor for flavor in (chat, responses, anthropic, gemini, ollama)}

# With those that have services beside chat alone.
ALL = FLAVORS | {aog.NAME: aog}

__all__ = ["ALL", "FLAVORS", "SECRET", "Server", "models", "start", "vector"]


def models(name):
    """The models that a flavor's server has."""
    return [f"{name}-{behaviour}" for behaviour in ALL[name].BEHAVIOURS]


def start(flavors=FLAVORS):
    """A running server of each flavor, by the flavor's name."""
    return {name: Server(flavor) for name, flavor in flavors.items()}
