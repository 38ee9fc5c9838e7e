"""The scripted providers by the judgement of the official SDKs, with no gateway in between."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx2
import openai
import providers
import pytest
from google.genai.errors import UnknownApiResponseError
from providers import SECRET

from callers import CALLERS, Anthropic, Chat, Gemini, Ollama, Responses
from callers.caller import ONE_CITY, PROMPT, StreamFailed
from callers.chat import TOOLS
from cases import CASES, WHOLE, Cell

CITY = {"city": "Paris"}


@pytest.fixture
def call_directly(servers):
    """Makes callers that reach the provider of their own flavor."""
    made = []

    def call_directly(caller):
        made.append(caller(servers[caller.flavor].root, SECRET))
        return made[-1]

    yield call_directly
    for caller in made:
        caller.close()


def by_name(things):
    return pytest.mark.parametrize("caller", things, ids=lambda caller: caller.name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@by_name(CALLERS)
def test_an_sdk_is_content_with_its_provider(call_directly, servers, caller, case):
    case(Cell(call_directly(caller), servers[caller.flavor]))


@by_name(CALLERS)
def test_a_wrong_key_is_a_401(servers, caller):
    wrong = caller(servers[caller.flavor].root, "wrong")
    with pytest.raises(Exception) as caught:
        wrong.text(f"{caller.flavor}-plain")
    assert wrong.status(caught.value) == 401
    wrong.close()


@by_name(CALLERS)
def test_an_unknown_model_is_a_404(call_directly, caller):
    direct = call_directly(caller)
    with pytest.raises(direct.errors[404]) as caught:
        direct.text(f"{caller.flavor}-nowhere")
    assert direct.status(caught.value) == 404


@by_name(CALLERS)
def test_an_overloaded_service_says_so_in_its_own_way(call_directly, caller):
    direct = call_directly(caller)
    with pytest.raises(direct.errors[500]) as caught:
        direct.text(f"{caller.flavor}-error-529")
    assert direct.status(caught.value) == (529 if caller is Anthropic else 503)


@by_name(CALLERS)
def test_a_stream_that_is_cut_is_an_exception(call_directly, caller):
    direct, pieces = call_directly(caller), []
    with pytest.raises(Exception):
        direct.stream(f"{caller.flavor}-cut", pieces)
    assert "".join(pieces) in ("", "Weighed ")


@by_name([Chat, Responses, Anthropic])
def test_comment_lines_are_no_events(call_directly, caller):
    direct, pieces = call_directly(caller), []
    direct.stream(f"{caller.flavor}-comments", pieces)
    assert "".join(pieces) == WHOLE


def test_the_google_sdk_takes_comment_lines_for_json(call_directly):
    with pytest.raises(UnknownApiResponseError):
        call_directly(Gemini).stream("gemini-comments", [])


def test_an_error_event_is_raised_where_the_error_stands_in_it(call_directly):
    responses = call_directly(Responses)
    with pytest.raises(StreamFailed):
        responses.stream("responses-mid-error", [])
    with pytest.raises(openai.APIError, match="scripted mid-error"):
        responses.stream("responses-nested-error", [])


def test_chat_thinks_and_counts_in_its_own_way(call_directly):
    chat = call_directly(Chat)
    message = _chat(chat, "openai-thinks").choices[0].message
    assert (message.reasoning_content, message.content) == ("Let me weigh.", WHOLE)
    used = _chat(chat, "openai-cached").usage
    assert (used.prompt_tokens, used.prompt_tokens_details.cached_tokens) == (9, 4)
    assert (used.completion_tokens, used.completion_tokens_details.reasoning_tokens) == (3, 1)
    cut = _chat(chat, "openai-plain", max_completion_tokens=2).choices[0]
    assert (cut.message.content, cut.finish_reason) == ("Weighed ", "length")


def test_responses_think_and_count_in_their_own_way(call_directly):
    create = call_directly(Responses).client.responses.create
    thought, message = create(model="responses-thinks", input=PROMPT).output
    assert thought.summary[0].text == "Let me weigh."
    assert message.content[0].text == WHOLE
    used = create(model="responses-cached", input=PROMPT).usage
    assert (used.input_tokens, used.input_tokens_details.cached_tokens) == (9, 4)
    assert (used.output_tokens, used.output_tokens_details.reasoning_tokens) == (3, 1)
    cut = create(model="responses-plain", input=PROMPT, max_output_tokens=2)
    assert (cut.output_text, cut.status) == ("Weighed ", "incomplete")
    assert cut.incomplete_details.reason == "max_output_tokens"
    failed = create(model="responses-failed", input=PROMPT)
    assert (failed.status, failed.error.message) == ("failed", "scripted failed")


def test_anthropic_thinks_and_counts_in_its_own_way(call_directly):
    client = call_directly(Anthropic).client

    def ask(model, limit=100):
        messages = [{"role": "user", "content": PROMPT}]
        with client.messages.stream(model=model, messages=messages, max_tokens=limit) as stream:
            return stream.get_final_message()

    thought, text = ask("anthropic-thinks").content
    assert (thought.thinking, text.text) == ("Let me weigh.", WHOLE)
    assert thought.signature
    used = ask("anthropic-cached").usage
    assert (used.input_tokens, used.cache_read_input_tokens, used.output_tokens) == (5, 4, 3)
    assert used.output_tokens_details.thinking_tokens == 1
    cut = ask("anthropic-plain", limit=2)
    assert (cut.content[0].text, cut.stop_reason) == ("Weighed ", "max_tokens")
    messages = [{"role": "user", "content": PROMPT}]
    count = client.messages.count_tokens(model="anthropic-plain", messages=messages)
    assert count.input_tokens == 9


def test_gemini_thinks_and_counts_in_its_own_way(call_directly):
    models = call_directly(Gemini).client.models
    thought, text = (
        models.generate_content(model="gemini-thinks", contents=PROMPT).candidates[0].content.parts
    )
    assert (thought.text, thought.thought) == ("Let me weigh.", True)
    assert (text.text, text.thought) == (WHOLE, None)
    used = models.generate_content(model="gemini-cached", contents=PROMPT).usage_metadata
    assert (used.prompt_token_count, used.cached_content_token_count) == (9, 4)
    assert (used.candidates_token_count, used.thoughts_token_count) == (2, 1)
    limit = {"max_output_tokens": 2}
    cut = models.generate_content(model="gemini-plain", contents=PROMPT, config=limit)
    assert (cut.text, cut.candidates[0].finish_reason.name) == ("Weighed ", "MAX_TOKENS")
    assert models.count_tokens(model="gemini-plain", contents=PROMPT).total_tokens == 9


def test_ollama_thinks_and_generates(call_directly):
    client = call_directly(Ollama).client
    message = client.chat("ollama-thinks", [{"role": "user", "content": PROMPT}]).message
    assert (message.thinking, message.content) == ("Let me weigh.", WHOLE)
    reply = client.generate("ollama-plain", PROMPT, options={"num_predict": 2})
    assert (reply.response, reply.done_reason) == ("Weighed ", "length")
    parts = client.generate("ollama-thinks", PROMPT, stream=True)
    parts = [(part.thinking or "", part.response) for part in parts]
    assert "".join(thinking for thinking, _ in parts) == "Let me weigh."
    assert "".join(said for _, said in parts) == WHOLE


def _chat(caller, model, **rest):
    messages = [{"role": "user", "content": PROMPT}]
    return caller.client.chat.completions.create(model=model, messages=messages, **rest)


def _lines(servers, model):
    """What a chat's stream with a call in it says, event by event, as it comes over the wire."""
    body = {
        "model": f"openai-{model}",
        "messages": [{"role": "user", "content": ONE_CITY}],
        "tools": TOOLS,
        "stream": True,
    }
    url, headers = (
        f"{servers['openai'].url}/chat/completions",
        {"authorization": f"Bearer {SECRET}"},
    )
    text = httpx2.post(url, json=body, headers=headers).text
    return [line.removeprefix("data: ") for line in text.split("\n\n") if line]


def _call_deltas(lines):
    chunks = [json.loads(line) for line in lines if line != "[DONE]"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    return [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]


def test_odd_servers_of_chat_are_odd(servers):
    plain = _call_deltas(_lines(servers, "plain"))
    assert [(call["index"], "id" in call) for call in plain] == [(0, True), (0, False), (0, False)]
    assert all("index" not in call for call in _call_deltas(_lines(servers, "no-index")))
    repeats = _call_deltas(_lines(servers, "repeats"))
    assert len({call["id"] for call in repeats}) == 1
    assert [call["function"]["name"] for call in repeats] == ["get_weather"] * 3
    everywhere = _lines(servers, "usage-everywhere")
    assert all("usage" in json.loads(line) for line in everywhere if line != "[DONE]")
    assert _lines(servers, "plain")[-1] == "[DONE]"
    assert _lines(servers, "no-done")[-1] != "[DONE]"


def test_an_odd_servers_thought_has_another_name(call_directly):
    message = _chat(call_directly(Chat), "openai-reasoning").choices[0].message
    assert (message.reasoning, message.content) == ("Let me weigh.", WHOLE)


def test_the_program_says_where_it_is_and_what_came_last():
    command = [sys.executable, "-m", "providers"]
    folder = Path(providers.__file__).parent.parent
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, text=True, **pipes) as program:
        try:
            places = json.loads(program.stdout.readline())
            assert list(places) == ["openai", "responses", "anthropic", "gemini", "ollama"]
            with urllib.request.urlopen(f"{places['ollama']}/script/last", timeout=5) as answer:
                assert json.load(answer) is None
            slow = Ollama(places["ollama"], SECRET)
            assert slow.leave("ollama-slow") == "Weighed "
            slow.close()
            url = f"{places['ollama']}/script/last?within=5"
            with urllib.request.urlopen(url, timeout=10) as answer:
                last = json.load(answer)
        finally:
            program.stdin.close()
            assert program.wait(10) == 0
    assert (last["path"], last["body"]["model"]) == ("/api/chat", "ollama-slow")
    assert last["headers"]["authorization"] == f"Bearer {SECRET}"
    assert last["left"] is True
