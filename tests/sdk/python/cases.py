"""What is asked of every SDK with every provider, and what has to come of it."""

import pytest

from callers.caller import BOTH_CITIES, ONE_CITY, PNG, TOOL, WEATHER

USAGE = (9, 3)
WHOLE = "Weighed in and out."


class Cell:
    """A caller and the provider that it is to reach."""

    def __init__(self, caller, server, gateway=None, key=None):
        self.caller, self.server, self.gateway, self.key = caller, server, gateway, key

    def model(self, behaviour):
        return f"{self.server.name}-{behaviour}"

    def check_reply(self, reply, text, stop="stop"):
        assert reply.text == text
        assert reply.stop == stop
        assert reply.usage == USAGE

    def check_receipts(self, outcome, count=1):
        """What the gateway has written down of the calls of this cell."""
        if self.gateway is None:
            return
        same = self.caller.flavor == self.server.name
        for receipt in self.gateway.receipts(self.key, count):
            assert receipt["outcome"] == outcome
            assert receipt["conversion"] == ("none" if same else "both")
            assert receipt["provider"] == self.server.name
            if outcome == "ok":
                usage = receipt["usage"]
                assert (usage["input_tokens"], usage["output_tokens"]) == USAGE


def text(cell):
    cell.check_reply(cell.caller.text(cell.model("plain")), WHOLE)
    cell.check_receipts("ok")


def stream(cell):
    pieces = []
    cell.check_reply(cell.caller.stream(cell.model("plain"), pieces), WHOLE)
    assert len(pieces) >= 2
    assert "".join(pieces) == WHOLE
    cell.check_receipts("ok")


def _tools(cell, prompt, cities, streamed):
    talk = cell.caller.tools(cell.model("plain"), prompt, streamed)
    assert talk.calls == [(TOOL, {"city": city}) for city in cities]
    assert talk.stop == "tools"
    said = ", ".join(WEATHER[city] for city in cities)
    cell.check_reply(talk.reply, f"The weather is {said}")
    cell.check_receipts("ok", 2)


def tool_loop(cell):
    _tools(cell, ONE_CITY, ["Paris"], False)


def tool_loop_stream(cell):
    _tools(cell, ONE_CITY, ["Paris"], True)


def parallel_tools(cell):
    _tools(cell, BOTH_CITIES, ["Paris", "Tokyo"], False)


def parallel_tools_stream(cell):
    _tools(cell, BOTH_CITIES, ["Paris", "Tokyo"], True)


def image(cell):
    reply = cell.caller.image(cell.model("plain"))
    cell.check_reply(reply, f"I see image/png of {len(PNG)} bytes")
    cell.check_receipts("ok")


def structured(cell):
    reply = cell.caller.structured(cell.model("plain"))
    cell.check_reply(reply, '{"city":"Paris","degrees":21}')
    cell.check_receipts("ok")


def _error(cell, status):
    """The same error whether the reply was to be whole or a stream."""
    caller, model = cell.caller, cell.model(f"error-{status}")
    for ask in (lambda: caller.text(model), lambda: caller.stream(model, [])):
        with pytest.raises(caller.errors[status]) as caught:
            ask()
        shown = caller.status(caught.value)
        # A provider's own failure may be told as the gateway's view of it: 502 or 503.
        assert shown == status or (status == 500 and shown in (502, 503))
        if status == 429 and caller.shows_headers:
            # Until then the gateway says it by itself.
            assert caller.retry_after(caught.value) in ("1", "2", "3")
    if status != 429:
        cell.check_receipts("error", 2)


def error_400(cell):
    _error(cell, 400)


def error_404(cell):
    _error(cell, 404)


def error_429(cell):
    _error(cell, 429)


def error_500(cell):
    _error(cell, 500)


def mid_error(cell):
    pieces = []
    with pytest.raises(cell.caller.broken):
        cell.caller.stream(cell.model("mid-error"), pieces)
    assert "".join(pieces) == "Weighed "
    cell.check_receipts("error")


def cancel(cell):
    first = cell.caller.leave(cell.model("slow"))
    assert first.startswith("Weighed")
    call = cell.server.last
    assert call.left.wait(5), "the provider's call was not ended"
    cell.check_receipts("cancelled")


CASES = [
    text,
    stream,
    tool_loop,
    tool_loop_stream,
    parallel_tools,
    parallel_tools_stream,
    image,
    structured,
    error_400,
    error_404,
    error_429,
    error_500,
    mid_error,
    cancel,
]
