"""The list of models, which is free: it leaves no receipt."""

import openai
import pytest

from provider import MODELS


def test_the_configured_models_are_listed(client, gateway, key):
    names = {model.id for model in client.models.list()}
    assert names == {*MODELS, "hasty-silent", "hasty-gated"}
    assert gateway.ask("GET", "/gateway/v1/receipts", key)["items"] == []


def test_one_model_can_be_asked_for(client):
    model = client.models.retrieve("plain")
    assert model.id == "plain"
    assert model.object == "model"


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("plian")
    assert caught.value.code == "model_not_found"
