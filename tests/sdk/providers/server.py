"""An HTTP server that speaks one flavor, on a free port of the loopback."""

import json
import select
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from . import form, multipart
from .refusal import Refusal

SECRET = "provider-secret"
BODY_MOST = 32 << 20


class Left(Exception):
    """The client has left."""


class Call:
    """One request, and the way to answer it."""

    def __init__(self, handler, raw):
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = unquote(parts.path)
        self.query = dict(parse_qsl(parts.query))
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.raw = raw
        self.body = None
        self.left = threading.Event()
        self.done = threading.Event()
        self._handler = handler

    def told(self):
        """The request for whoever asks what came."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": self.body if self.body is not None else self.raw.decode(errors="replace"),
            "left": self.left.is_set(),
            "done": self.done.is_set(),
        }

    def bearer(self):
        return self.headers.get("authorization") == f"Bearer {SECRET}"

    def reply(self, status, value, headers=None, cut=False):
        """Sends JSON. With `cut` the end of it never comes."""
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send(status, "application/json", body, headers, cut)

    def send(self, status, media_type, body, headers=None, cut=False):
        """Sends bytes of this kind."""
        handler = self._handler
        handler.send_response(status)
        handler.send_header("content-type", media_type)
        handler.send_header("content-length", str(len(body)))
        for name, word in (headers or {}).items():
            handler.send_header(name, word)
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self._drop()

    def stream(self, media_type):
        return _Stream(self, media_type)

    def pause(self, seconds):
        """Waits, but not for a client that has left."""
        connection, stopping = self._handler.connection, self._handler.server.stopping
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            readable, _, _ = select.select([connection], [], [], min(rest, 0.2))
            if stopping.is_set() or (readable and not connection.recv(1, socket.MSG_PEEK)):
                raise Left
            if readable:
                # The next request is there already: it waits for its turn, and so do we.
                stopping.wait(min(rest, 0.01))

    def _drop(self):
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


class _Stream:
    """A chunked reply; every `send` is on its way when it comes back."""

    def __init__(self, call, media_type):
        self.call, self.media_type, self.dropped = call, media_type, False

    def __enter__(self):
        handler = self.call._handler
        handler.send_response(200)
        handler.send_header("content-type", self.media_type)
        handler.send_header("cache-control", "no-cache")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        return self

    def send(self, piece):
        if piece:
            self.call._handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def drop(self):
        self.dropped = True
        self.call._drop()

    def __exit__(self, kind, _error, _trace):
        if kind is None and not self.dropped:
            self.call._handler.wfile.write(b"0\r\n\r\n")


class Server:
    """A provider of one flavor, which is a module with `NAME`, `BASE`, `take` and `refused`."""

    def __init__(self, flavor):
        self.flavor = flavor
        self.name = flavor.NAME
        self.last = None
        self._server = _Listener(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._server.stopping = threading.Event()
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.root}{flavor.BASE}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self):
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *address):
        """Clients leave as they like; anything else is a mistake of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._handle()

    def do_POST(self):
        self._handle()

    def _handle(self):
        owner = self.server.owner
        call = Call(self, self._read())
        if call.path == "/script/last":
            call.reply(200, _last(owner, call.query))
            return
        owner.last = call
        try:
            _answer(owner.flavor, call)
        except (Left, BrokenPipeError, ConnectionResetError):
            call.left.set()
            self.close_connection = True
        finally:
            call.done.set()

    def _read(self):
        """The body, whole or in chunks."""
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(min(int(self.headers.get("content-length") or 0), BODY_MOST))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)


def _answer(flavor, call):
    try:
        if call.method == "POST":
            call.body = _parsed(call)
        flavor.take(call)
    except Refusal as refusal:
        status, body, headers = flavor.refused(refusal)
        call.reply(status, body, refusal.headers | headers)


def _parsed(call):
    """The body as JSON, or in the shape of it where it is a form with files."""
    kind = call.headers.get("content-type", "")
    if kind.lower().startswith(multipart.KIND):
        return multipart.parsed(call.raw, kind)
    return form.parsed(call.raw)


def _last(owner, query):
    """What came last. With `?within=5` its end is waited for, so many seconds at most."""
    call = owner.last
    if call is None:
        return None
    if "within" in query:
        call.done.wait(min(float(query["within"]), 60))
    return call.told()
