"""One request as a program without an SDK sends it, byte for byte as the test writes it."""

import http.client
import json
from urllib.parse import urlsplit

WAIT = 15


class Reply:
    """What came back."""

    def __init__(self, reply):
        self.status = reply.status
        self.headers = {name.lower(): value for name, value in reply.getheaders()}
        self.body = reply.read()

    def json(self):
        return json.loads(self.body)

    def events(self):
        """The data of a stream's events, without the `[DONE]`."""
        lines = self.body.decode().splitlines()
        data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        return [json.loads(piece) for piece in data if piece != "[DONE]"]

    def lines(self):
        """The lines of a stream of JSON."""
        return [json.loads(line) for line in self.body.decode().splitlines() if line]


def call(url, method, path, headers=None, body=None):
    """Sends it and reads the whole reply."""
    base = urlsplit(url)
    connection = http.client.HTTPConnection(base.netloc, timeout=WAIT)
    data = json.dumps(body) if isinstance(body, dict) else body
    headers = {"content-type": "application/json"} | (headers or {})
    try:
        connection.request(method, f"{base.path}{path}", data, headers)
        return Reply(connection.getresponse())
    finally:
        connection.close()
