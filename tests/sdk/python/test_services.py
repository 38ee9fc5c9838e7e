"""Every service beside chat by the official SDKs, with each flavor of provider, by the gateway.

With `WEIGHBRIDGE_MATRIX_DIRECT=1` each SDK speaks to the provider of its own flavor, without the
gateway: what holds there has to hold through it.
"""

import openai
import providers
import pytest

from callers import SERVICE_CALLERS
from crossing import those_who_serve
from matrix import SERVICES, is_direct
from service_cases import ServiceCell, cases_of

NO_TOKENS = "numbers of one model's tokens mean nothing to another"
NO_FORMAT = "AOG's sounds come in its providers' own format"
NO_EVENTS = "AOG's replies come whole, not as events"
# What cannot hold by the protocols, as (caller, provider, case): the reason, and the exception that
# it comes as. Such a case is run all the same, and has to fail: one that holds after all is to be
# taken out of here.
CANNOT = {
    ("openai-embeddings", provider, case): (NO_TOKENS, openai.BadRequestError)
    for provider in ("gemini", "ollama", "aog")
    for case in ("tokens", "token_lists")
} | {
    ("openai-speech", "aog", "speech_mp3"): (NO_FORMAT, AssertionError),
    ("openai-images", "aog", "picture_stream"): (NO_EVENTS, openai.BadRequestError),
    ("openai-speech", "aog", "speech_events"): (NO_EVENTS, openai.BadRequestError),
    ("openai-transcriptions", "aog", "transcript_stream"): (NO_EVENTS, openai.BadRequestError),
    ("openai-transcriptions", "aog", "transcript_stream_error"): (NO_EVENTS, AssertionError),
}


def _params():
    for caller in SERVICE_CALLERS:
        for provider in [caller.flavor] if is_direct() else those_who_serve(caller.service):
            for case in cases_of(caller):
                reason, raises = CANNOT.get((caller.name, provider, case.__name__), (None, None))
                fails = pytest.mark.xfail(reason=reason, raises=raises, strict=True)
                marks = [fails] if reason else []
                id = f"{caller.name}-to-{provider}-{case.__name__}"
                yield pytest.param(caller, provider, case, marks=marks, id=id)


@pytest.mark.parametrize(("caller", "provider", "case"), list(_params()))
def test_cell(crossroads, servers, request, caller, provider, case):
    noted = (caller.name, provider, case.__name__)
    reason, _ = CANNOT.get(noted, (None, None))
    SERVICES.note(*noted, "cannot" if reason else "failed", reason)
    server = servers[provider]
    if crossroads is None:
        cell = ServiceCell(caller(server.root, providers.SECRET), server)
    else:
        key = crossroads.new_key(request.node.name)
        cell = ServiceCell(caller(crossroads.url, key), server, crossroads, key)
    try:
        case(cell)
    finally:
        cell.caller.close()
    SERVICES.note(*noted, "ok")
