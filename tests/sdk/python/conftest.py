"""One gateway and one provider for all tests, and one of each flavor for the matrix.

Every test has an account of its own.
"""

import itertools

import openai
import providers
import pytest

from gateway import Gateway, desks
from matrix import MATRIX
from provider import MODELS, Provider

pytest.register_assert_rewrite("cases")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def provider():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def gateway(provider, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), desks(provider.base_url, MODELS))
    yield gateway
    assert gateway.stop() == 0, gateway.words()


@pytest.fixture(scope="session")
def servers():
    """The scripted providers, by their flavors' names."""
    servers = providers.start()
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture
def key(gateway, request):
    return gateway.new_key(request.node.name)


@pytest.fixture
def connect(gateway, key):
    """Makes clients; `client.requests` counts what really went out."""
    clients = []

    def connect(**options):
        requests = []
        http_client = openai.DefaultHttpxClient(event_hooks={"request": [requests.append]})
        settings = {
            "api_key": key,
            "base_url": f"{gateway.url}/v1",
            "timeout": 15,
            "http_client": http_client,
        }
        client = openai.OpenAI(**(settings | options))
        client.requests = requests
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def text(request):
    """A text that no other call has."""
    return f"{request.node.name} {next(_numbers)}"


@pytest.fixture
def messages(text):
    return [{"role": "user", "content": text}]


def pytest_terminal_summary(terminalreporter):
    """Says at the end what the matrix came to."""
    for line in MATRIX.lines():
        terminalreporter.write_line(line)
    MATRIX.write()
