"""Starts the providers, says where they are, and serves until the standard input closes."""

import json
import sys

from . import ALL, FLAVORS, start

servers = start(ALL if sys.argv[1:] == ["all"] else FLAVORS)
print(json.dumps({name: server.url for name, server in servers.items()}), flush=True)
try:
    while sys.stdin.buffer.read(1 << 16):
        pass
except KeyboardInterrupt:
    pass
for server in servers.values():
    server.stop()
