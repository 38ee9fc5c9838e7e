"""Every official SDK with every flavor of provider, through the gateway.

With `WEIGHBRIDGE_MATRIX_DIRECT=1` each SDK speaks to the provider of its own flavor, without the
gateway: what holds there has to hold through it.
"""

import json

import providers
import pytest

from callers import CALLERS
from cases import CASES, Cell
from gateway import Gateway
from matrix import MATRIX, is_direct

# What cannot hold by the protocols, as (caller, provider, case): the reason. Such a case is run
# all the same, and has to fail: one that holds after all is to be taken out of here.
CANNOT = {}

ALL_PROVIDERS = list(providers.FLAVORS)

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
# The two that OpenAI has: responses for the models that it says so of, and chat.
EXTRA = {"openai": "responses = false\n", "responses": 'responses = "only"\n'}


def one_of_each(servers):
    """The configuration of a provider of each flavor."""
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


def _params():
    for caller in CALLERS:
        for provider in [caller.flavor] if is_direct() else ALL_PROVIDERS:
            for case in CASES:
                reason = CANNOT.get((caller.name, provider, case.__name__))
                marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
                id = f"{caller.name}-to-{provider}-{case.__name__}"
                yield pytest.param(caller, provider, case, marks=marks, id=id)


@pytest.fixture(scope="session")
def crossroads(servers, tmp_path_factory):
    """The gateway with a provider of each flavor behind it; none where it is left out."""
    if is_direct():
        yield None
        return
    gateway = Gateway(tmp_path_factory.mktemp("crossroads"), one_of_each(servers))
    yield gateway
    assert gateway.stop() == 0, gateway.words()


@pytest.mark.parametrize(("caller", "provider", "case"), list(_params()))
def test_cell(crossroads, servers, request, caller, provider, case):
    noted = (caller.name, provider, case.__name__)
    reason = CANNOT.get(noted)
    MATRIX.note(*noted, "cannot" if reason else "failed", reason)
    server = servers[provider]
    if crossroads is None:
        cell = Cell(caller(server.root, providers.SECRET), server)
    else:
        key = crossroads.new_key(request.node.name)
        cell = Cell(caller(crossroads.url, key), server, crossroads, key)
    try:
        case(cell)
    finally:
        cell.caller.close()
    MATRIX.note(*noted, "ok")
