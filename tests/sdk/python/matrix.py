"""What came of every caller with every provider: the tables, in words and as JSON."""

import json
import os
from importlib.metadata import version
from pathlib import Path

SDKS = ["openai", "anthropic", "google-genai", "ollama"]


class Matrix:
    """Results by caller, provider and case. One that nobody noted as good has failed."""

    def __init__(self, title):
        self.title = title
        self.cells = {}

    def note(self, caller, provider, case, outcome, reason=None):
        """`ok`, `failed`, or `cannot` with the reason why it cannot hold."""
        result = {"outcome": outcome} | ({"reason": reason} if reason else {})
        self.cells.setdefault((caller, provider), {})[case] = result

    def lines(self):
        """The table for people: a row for a caller and a provider, a column for a case."""
        if not self.cells:
            return []
        cases = self._cases()
        rows = max(len(f"{caller} to {provider}") for caller, provider in self.cells)
        lines = ["", self.title, " " * rows + "".join(f"  {case}" for case in cases)]
        notes = []
        for (caller, provider), results in self.cells.items():
            line = f"{caller} to {provider}".ljust(rows)
            for case in cases:
                line += "  " + _word(results.get(case), notes).ljust(len(case))
            lines.append(line.rstrip())
        lines += [f"[{at}] {reason}" for at, reason in enumerate(notes, 1)]
        return lines

    def told(self):
        """The same for programs."""
        cells = [
            {"caller": caller, "provider": provider, "results": results}
            for (caller, provider), results in self.cells.items()
        ]
        return {"cases": self._cases(), "cells": cells}

    def _cases(self):
        return list(dict.fromkeys(case for results in self.cells.values() for case in results))


def _word(result, notes):
    if result is None:
        return "-"
    if result["outcome"] != "cannot":
        return {"ok": "ok", "failed": "FAILED"}[result["outcome"]]
    if result["reason"] not in notes:
        notes.append(result["reason"])
    return f"[{notes.index(result['reason']) + 1}]"


def is_direct():
    """Whether the callers speak to the providers of their own flavor, without the gateway."""
    return os.environ.get("WEIGHBRIDGE_MATRIX_DIRECT") == "1"


MATRIX = Matrix("SDK matrix")
# What is beside chat.
SERVICES = Matrix("SDK matrix of services")


def write():
    """Both for programs, where `WEIGHBRIDGE_MATRIX` says to write them."""
    path = os.environ.get("WEIGHBRIDGE_MATRIX")
    if not path or not MATRIX.cells:
        return
    sdks = {name: version(name) for name in SDKS}
    whole = {"direct": is_direct(), "sdks": sdks} | MATRIX.told() | {"services": SERVICES.told()}
    Path(path).write_text(json.dumps(whole, indent=2) + "\n")
