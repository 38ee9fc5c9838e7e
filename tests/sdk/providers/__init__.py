"""Scripted providers of every flavor: strict as the real services are, and always the same.

`python3 -m providers` in the folder above starts one of each and says where they are. Which model
answers what stands in `mind`.
"""

from . import anthropic, chat, gemini, ollama, responses
from .server import SECRET, Server

FLAVORS = {flavor.NAME: flavor for flavor in (chat, responses, anthropic, gemini, ollama)}

__all__ = ["FLAVORS", "SECRET", "Server", "models", "start"]


def models(name):
    """The models that a flavor's server has."""
    return [f"{name}-{behaviour}" for behaviour in FLAVORS[name].BEHAVIOURS]


def start():
    """A running server of each flavor, by the flavor's name."""
    return {name: Server(flavor) for name, flavor in FLAVORS.items()}
