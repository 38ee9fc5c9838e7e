"""Every official SDK with every flavor of provider, through the gateway.

With `WEIGHBRIDGE_MATRIX_DIRECT=1` each SDK speaks to the provider of its own flavor, without the
gateway: what holds there has to hold through it.
"""

import providers
import pytest

from callers import CALLERS
from cases import CASES, Cell
from matrix import MATRIX, is_direct

# What cannot hold by the protocols, as (caller, provider, case): the reason. Such a case is run
# all the same, and has to fail: one that holds after all is to be taken out of here.
CANNOT = {}

ALL_PROVIDERS = list(providers.FLAVORS)


def _params():
    for caller in CALLERS:
        for provider in [caller.flavor] if is_direct() else ALL_PROVIDERS:
            for case in CASES:
                reason = CANNOT.get((caller.name, provider, case.__name__))
                marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
                id = f"{caller.name}-to-{provider}-{case.__name__}"
                yield pytest.param(caller, provider, case, marks=marks, id=id)


@pytest.mark.parametrize(("caller", "provider", "case"), list(_params()))
def test_cell(crossroads, servers, request, caller, provider, case):
    noted = (caller.name, provider, case.__name__)
    reason = CANNOT.get(noted)
    MATRIX.note(*noted, "cannot" if reason else "failed", reason)
    server = servers[provider]
    if crossroads is None:
        cell = Cell(caller(server.root, providers.SECRET), server)
    else:
        key = crossroads.new_key(request.node.name)
        cell = Cell(caller(crossroads.url, key), server, crossroads, key)
    try:
        case(cell)
    finally:
        cell.caller.close()
    MATRIX.note(*noted, "ok")
