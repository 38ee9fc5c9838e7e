"""Clients of an Ollama to whom nobody gave a key: the address has a token in it."""

from langchain_ollama import ChatOllama
from llama_index.llms.ollama import Ollama
from ollama import Client

PROMPT = "How much does it weigh?"
WHOLE = "Weighed in and out."
MODEL = "gemini-plain"


def test_ollamas_own_client(address, receipts):
    client = Client(host=address)
    assert MODEL in [model.model for model in client.list().models]
    messages = [{"role": "user", "content": PROMPT}]
    assert client.chat(MODEL, messages).message.content == WHOLE
    receipts(1)


def test_langchain(address, receipts):
    assert ChatOllama(base_url=address, model=MODEL).invoke(PROMPT).text == WHOLE
    receipts(1)


def test_llamaindex(address, receipts):
    assert Ollama(base_url=address, model=MODEL).complete(PROMPT).text == WHOLE
    receipts(1)
