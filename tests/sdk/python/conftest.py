"""One gateway and one provider for all tests, and one of each flavor for the matrix.

Every test has an account of its own.
"""

import itertools

import openai
import providers
import pytest

from crossing import configuration
from gateway import Gateway, desks
from matrix import MATRIX, SERVICES, is_direct, write
from provider import MODELS, Provider

pytest.register_assert_rewrite("cases", "service_cases")

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
    servers = providers.start(providers.ALL)
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session")
def crossing(servers, tmp_path_factory):
    """The gateway with a provider of each flavor behind it."""
    gateway = Gateway(tmp_path_factory.mktemp("crossing"), configuration(servers))
    yield gateway
    assert gateway.stop() == 0, gateway.words()


@pytest.fixture(scope="session")
def crossroads(request):
    """The same for the matrices; none where the gateway is left out."""
    return None if is_direct() else request.getfixturevalue("crossing")


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
    """Says at the end what the matrices came to."""
    for line in [*MATRIX.lines(), *SERVICES.lines()]:
        terminalreporter.write_line(line)
    write()
