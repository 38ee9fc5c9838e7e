"""The tables of a gateway's configuration that have these providers behind it."""

import json

from . import SECRET, models

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


def tables(servers, services, extra):
    """One for each server, by its name: what it serves, and lines of its own."""
    return "".join(_table(*it, services, extra) for it in servers.items())


def _table(name, server, services, extra):
    words = {
        "name": name,
        "flavor": "openai" if name == "responses" else name,
        "url": server.url,
        "secret": SECRET,
        "services": services[name],
        "models": models(name),
    }
    table = PROVIDER.format(**{key: json.dumps(word) for key, word in words.items()})
    return table + extra.get(name, "")
