"""Stands between a client and the gateway, passes everything on as it is, and notes what went by.

    python3 recorder.py GATEWAY FOLDER

says where it listens and serves until its standard input closes. Each exchange becomes a line of
`FOLDER/exchanges.jsonl`, its bodies two files beside that. Credentials are not kept.
"""

import http.client
import itertools
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

BODY_MOST = 64 << 20
PIECE = 1 << 16
WAIT = 120
SECRET = {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
HOP = {"connection", "transfer-encoding", "keep-alive"}


class Recorder:
    """A running recorder, on a free port of the loopback."""

    def __init__(self, gateway, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.host = urlsplit(gateway).netloc
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def note(self, line):
        with self.lock, (self.folder / "exchanges.jsonl").open("a") as out:
            out.write(json.dumps(line) + "\n")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = WAIT

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._pass_on()

    do_HEAD = do_POST = do_OPTIONS = do_PUT = do_DELETE = do_PATCH = do_GET

    def _pass_on(self):
        owner = self.server.owner
        number = next(owner.numbers)
        begun = time.monotonic()
        body = self._body()
        (owner.folder / f"{number}.request").write_bytes(body)
        line = {
            "number": number,
            "method": self.command,
            "path": self.path,
            "headers": _shown(self.headers.items()),
            "bytes": len(body),
            "status": None,
        }
        try:
            self._answer(owner, number, body, line)
        except (OSError, http.client.HTTPException) as error:
            line["failed"] = repr(error)
            self.close_connection = True
        finally:
            line["ms"] = round(1000 * (time.monotonic() - begun))
            owner.note(line)

    def _body(self):
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(min(int(self.headers.get("content-length") or 0), BODY_MOST))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def _answer(self, owner, number, body, line):
        upstream = http.client.HTTPConnection(owner.host, timeout=WAIT)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP | {"content-length"}:
                    upstream.putheader(name, value)
            if body or self.command == "POST":
                upstream.putheader("content-length", str(len(body)))
            upstream.endheaders(body)
            reply = upstream.getresponse()
            line |= {"status": reply.status, "reply_headers": _shown(reply.getheaders())}
            with (owner.folder / f"{number}.reply").open("wb") as kept:
                self._relay(reply, kept)
        finally:
            upstream.close()

    def _relay(self, reply, kept):
        """Sends each piece on when it has come."""
        self.send_response_only(reply.status)
        length = reply.getheader("content-length")
        bodiless = self.command == "HEAD" or reply.status in (204, 304)
        for name, value in reply.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        if length is None and not bodiless:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if bodiless:
            return
        while piece := reply.read1(PIECE):
            kept.write(piece)
            framed = piece if length is not None else b"%x\r\n%s\r\n" % (len(piece), piece)
            self.wfile.write(framed)
        if length is None:
            self.wfile.write(b"0\r\n\r\n")


def _shown(headers):
    return {name.lower(): value for name, value in headers if name.lower() not in SECRET}


if __name__ == "__main__":
    recorder = Recorder(sys.argv[1], sys.argv[2])
    print(recorder.url, flush=True)
    while sys.stdin.buffer.read(PIECE):
        pass
    recorder.stop()
