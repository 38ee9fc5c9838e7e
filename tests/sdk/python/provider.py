"""A scripted provider: OpenAI's chat completions, as good or as bad as the model's name says.

`plain`            replies, or streams three chunks
`unpriced`         the same; the gateway has no price for it
`long`             streams many words and never says its usage
`gated`            streams one chunk, then waits until the test opens the gate
`cut`              streams one chunk, then drops the connection
`early-close`      promises more bytes than it sends
`silent`           takes the request and never answers
`context-length`   400, as a provider says that a prompt is too long
`rate-limited`     429 with `retry-after`
`broken`           500 with a page that is not JSON
`bad-credential`   401: the gateway's key is wrong, not the caller's

A call is found again by the text of its last message.
"""

import json
import select
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = ["Weighed ", "in and ", "out."]
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
MODELS = [
    "plain",
    "unpriced",
    "long",
    "gated",
    "cut",
    "early-close",
    "silent",
    "context-length",
    "rate-limited",
    "broken",
    "bad-credential",
]
SECRET = "sk-the-providers-own-secret"


class Call:
    """One request as the provider saw it, and the bytes it answered."""

    def __init__(self, body, path, headers):
        self.body = body
        self.path = path
        self.headers = headers
        self.key = body["messages"][-1]["content"]
        self.sent = b""
        self.usage_chunk = b""
        self.chunks_sent = 0
        self.gate = threading.Event()
        self.gone = threading.Event()


class Provider:
    """The server, on a free port of the loopback."""

    def __init__(self):
        self.calls = []
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        self.server.provider = self
        self.base_url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def add(self, call):
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def calls_of(self, key):
        with self.changed:
            return [call for call in self.calls if call.key == key]

    def call(self, key, within=5.0):
        """The call with this text, waited for."""
        with self.changed:
            found = lambda: [call for call in self.calls if call.key == key]  # noqa: E731
            assert self.changed.wait_for(found, within), f"no call `{key}` came"
            return found()[-1]

    def stop(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, *_):
        pass

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        call = Call(json.loads(raw), self.path, self.headers)
        self.server.provider.add(call)
        model = call.body["model"].removeprefix("hasty-")
        try:
            if model == "silent":
                self._wait(call, 30)
                self.close_connection = True
            elif model in _ERRORS:
                self._error(*_ERRORS[model])
            elif call.body.get("stream"):
                self._stream(call, model)
            else:
                self._reply(call, model)
        except (BrokenPipeError, ConnectionResetError):
            call.gone.set()
            self.close_connection = True

    def _error(self, status, media_type, body, headers):
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reply(self, call, model):
        message = {"role": "assistant", "content": "".join(WORDS)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        reply = {"object": "chat.completion", "choices": [choice], "usage": USAGE}
        call.sent = json.dumps(_head(call) | reply, indent=1).encode()
        promised = len(call.sent) + (100 if model == "early-close" else 0)
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(promised))
        self.end_headers()
        self.wfile.write(call.sent)
        call.chunks_sent = 1
        if model == "early-close":
            self._drop()

    def _stream(self, call, model):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        words = ["many words more "] * 1000 if model == "long" else WORDS
        for index, word in enumerate(words):
            role = {"role": "assistant"} if index == 0 else {}
            self._chunk(call, {"choices": [_delta(role | {"content": word})]})
            if model == "cut":
                self._drop()
                return
            if model == "gated" and index == 0 and not self._wait(call, 20):
                return
        self._chunk(call, {"choices": [_delta({}, "stop")]})
        asks_usage = (call.body.get("stream_options") or {}).get("include_usage")
        if asks_usage and model != "long":
            before = len(call.sent)
            self._chunk(call, {"choices": [], "usage": USAGE})
            call.usage_chunk = call.sent[before:]
        self._send(call, b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, call, rest):
        chunk = _head(call) | {"object": "chat.completion.chunk"} | rest
        call.chunks_sent += 1
        self._send(call, b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def _send(self, call, piece):
        # Noted first: the test may look as soon as the bytes are through.
        call.sent += piece
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def _wait(self, call, seconds):
        """Waits until the gate opens; false when the caller left or time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.server.provider.stopping.is_set():
            if call.gate.wait(0.01):
                return True
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                call.gone.set()
                break
        self.close_connection = True
        return False

    def _drop(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _head(call):
    return {"id": "chatcmpl-1", "created": 1, "model": call.body["model"]}


def _delta(delta, finish_reason=None):
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _openai_error(message, kind, code):
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return json.dumps(body).encode()


_ERRORS = {
    "context-length": (
        400,
        "application/json",
        _openai_error(
            "The prompt has 9000 tokens; 8192 is the most.",
            "invalid_request_error",
            "context_length_exceeded",
        ),
        {},
    ),
    "rate-limited": (
        429,
        "application/json",
        _openai_error("Too many requests.", "requests", "rate_limit_exceeded"),
        {"retry-after": "7"},
    ),
    "broken": (500, "text/html", b"<html><body>It broke.</body></html>", {}),
    "bad-credential": (
        401,
        "application/json",
        _openai_error(f"Wrong key: {SECRET}", "invalid_request_error", "invalid_api_key"),
        {},
    ),
}
