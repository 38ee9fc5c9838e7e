"""One gateway with a provider of each flavor for all tests; an account of its own for each."""

import providers
import pytest

from gateway import Gateway
from stand import configuration

# What LangChain and LlamaIndex would tell their makers, or look up there.
QUIET = {"LANGSMITH_TRACING": "false", "LANGCHAIN_TRACING_V2": "false", "DO_NOT_TRACK": "1"}


@pytest.fixture(scope="session")
def servers():
    """The scripted providers, by their flavors' names."""
    servers = providers.start()
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session")
def gateway(servers, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), configuration(servers))
    yield gateway
    assert gateway.stop() == 0, gateway.words()


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def account(gateway, request):
    return gateway.ask("POST", "/gateway/v1/accounts", body={"name": request.node.name})["id"]


@pytest.fixture
def key(gateway, account):
    body = {"account": account, "role": "developer"}
    return gateway.ask("POST", "/gateway/v1/keys", body=body)["key"]


@pytest.fixture
def trusted_key(gateway, account):
    """A key of the same account that may say for whom it calls."""
    body = {"account": account, "role": "developer", "trusted_headers": True}
    return gateway.ask("POST", "/gateway/v1/keys", body=body)["key"]


@pytest.fixture
def address(gateway, account):
    """An address for clients that can send no key: it has a token of the same account in it."""
    body = {"account": account, "kind": "endpoint"}
    token = gateway.ask("POST", "/gateway/v1/keys", body=body)["token"]
    return f"{gateway.url}/k/{token}"


@pytest.fixture
def receipts(gateway, key):
    """The receipts of a test's calls, each of which went well."""

    def receipts(count, conversion=None):
        found = gateway.receipts(key, count)
        assert {receipt["outcome"] for receipt in found} == {"ok"}
        if conversion is not None:
            assert {receipt["conversion"] for receipt in found} == {conversion}
        return found

    return receipts
