"""A real gateway process, in a folder of its own."""

import json
import os
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

HEAD = """\
listen = "127.0.0.1:0"
data_dir = {data}
"""

DESKS = """
[[providers]]
name = "desk"
flavor = "openai"
base_url = {url}
location = "local"
services = ["chat"]
models = {models}
timeout = {{ connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }}

[[providers]]
name = "locked"
flavor = "openai"
base_url = {url}
location = "local"
services = ["chat"]
models = ["bad-credential"]

[[providers]]
name = "hasty"
flavor = "openai"
base_url = {url}
location = "local"
services = ["chat"]
models = ["hasty-silent", "hasty-gated"]
timeout = {{ connect = "1s", first_byte = "1s", idle = "1s", total = "1s" }}

[[prices]]
model = "plain"
currency = "USD"
input = "1"
output = "5"

[[prices]]
model = "broken"
currency = "USD"
input = "1"
output = "5"

[[prices]]
model = "gated"
currency = "USD"
input = "1"
output = "5"

[[prices]]
model = "long"
currency = "USD"
input = "1000"
output = "1000"

[levels.default]
view = {{ requests = 100000, window = "1m" }}

[levels.ceiling]
reserve = "ceiling"
view = {{ requests = 100000, window = "1m" }}

[levels.capped]
overrun_cap = "0.01 USD"
view = {{ requests = 100000, window = "1m" }}

[levels.still]
sync = {{ requests = 2, window = "1h" }}
view = {{ requests = 100000, window = "1m" }}

[levels.slow]
sync = {{ requests = 2, window = "5s" }}
view = {{ requests = 100000, window = "1m" }}
"""


def desks(provider_url, models):
    """The configuration of one scripted provider, as a patient and as a hasty one."""
    return DESKS.format(url=json.dumps(provider_url), models=json.dumps([it for it in models if it != "bad-credential"]))


class Gateway:
    """`weighbridge serve` with a configuration of its own."""

    def __init__(self, folder, config):
        data = Path(folder) / "data"
        path = Path(folder) / "weighbridge.toml"
        path.write_text(HEAD.format(data=json.dumps(str(data))) + config)
        self.log = (Path(folder) / "log").open("w+")
        self.process = subprocess.Popen(
            [os.environ["WEIGHBRIDGE_BIN"], "serve", "--config", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.url = self._address()
        self.admin_key = (data / "admin.key").read_text().strip()

    def _address(self):
        """The address in the line that says that it is ready."""
        lines = queue.Queue()

        def read():
            for line in self.process.stdout:
                lines.put(line)
            lines.put("")

        threading.Thread(target=read, daemon=True).start()
        while True:
            try:
                line = lines.get(timeout=20)
            except queue.Empty:
                line = ""
            if line.startswith("listening on "):
                return line.removeprefix("listening on ").strip()
            if not line:
                self.stop()
                raise AssertionError(f"the gateway did not start:\n{self.words()}")

    def words(self):
        """What it has logged."""
        self.log.flush()
        return Path(self.log.name).read_text()

    def ask(self, method, path, key=None, body=None):
        """Calls the native API; returns the parsed answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, method=method)
        request.add_header("authorization", f"Bearer {key or self.admin_key}")
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()}") from error

    def new_key(self, name, **settings):
        """A developer's key of a new account, which may have a `budget` and a `level`."""
        account = self.ask("POST", "/gateway/v1/accounts", body={"name": name} | settings)
        body = {"account": account["id"], "role": "developer"}
        return self.ask("POST", "/gateway/v1/keys", body=body)["key"]

    def receipt(self, key, call):
        """One receipt, which is there as soon as the reply has ended."""
        return self.ask("GET", f"/gateway/v1/receipts/{call}", key)

    def only_receipt(self, key, within=5.0):
        """The one receipt of the key's account, waited for: the caller may have left before."""
        return self.receipts(key, 1, within)[0]

    def receipts(self, key, count, within=5.0):
        """All receipts of the key's account, waited for until there are so many."""
        end = time.monotonic() + within
        while True:
            items = self.ask("GET", "/gateway/v1/receipts", key)["items"]
            if len(items) >= count or time.monotonic() > end:
                break
            time.sleep(0.02)
        assert len(items) == count, f"{count} receipts were to be there: {items}"
        return items

    def stop(self):
        """Ends it as an operator would; it must end well."""
        self.process.terminate()
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(5)
