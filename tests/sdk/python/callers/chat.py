"""The openai SDK's chat completions."""

import base64
import json

import openai

from .caller import (
    LIMIT,
    PNG,
    PROMPT,
    SCHEMA,
    SEE,
    STRUCTURE,
    SYSTEM,
    TEMPERATURE,
    TOOL,
    TOOL_SCHEMA,
    TOOL_TEXT,
    WEATHER,
    Caller,
    Reply,
    Talk,
    in_reverse,
)
from .openai_client import ERRORS, client_of

TOOLS = [
    {
        "type": "function",
        "function": {"name": TOOL, "description": TOOL_TEXT, "parameters": TOOL_SCHEMA},
    }
]
STOPS = {"stop": "stop", "tool_calls": "tools", "length": "length"}


class Chat(Caller):
    name = "openai-chat"
    flavor = "openai"
    errors = ERRORS
    broken = openai.APIError

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def _ask(self, model, messages, **rest):
        return self.client.chat.completions.create(model=model, messages=messages, **rest)

    def text(self, model):
        messages = [{"role": "system", "content": SYSTEM}, _user(PROMPT)]
        limits = {"max_completion_tokens": LIMIT, "temperature": TEMPERATURE}
        return _reply(self._ask(model, messages, **limits))

    def stream(self, model, pieces):
        return _reply(self._streamed(model, [_user(PROMPT)], pieces))

    def _streamed(self, model, messages, pieces, **rest):
        """Streams by the SDK's own helper, which puts the reply together again."""
        options = {"stream_options": {"include_usage": True}}
        stream = self.client.chat.completions.stream
        with stream(model=model, messages=messages, **options, **rest) as events:
            for event in events:
                if event.type == "content.delta" and event.delta:
                    pieces.append(event.delta)
            return events.get_final_completion()

    def tools(self, model, prompt, stream):
        def ask(messages):
            if stream:
                return self._streamed(model, messages, [], tools=TOOLS)
            return self._ask(model, messages, tools=TOOLS)

        messages = [_user(prompt)]
        first = ask(messages).choices[0]
        calls = first.message.tool_calls
        asked = [(call.function.name, json.loads(call.function.arguments)) for call in calls]
        echo = [{"id": call.id, "type": "function", "function": _function(call)} for call in calls]
        messages.append({"role": "assistant", "content": None, "tool_calls": echo})
        for call in in_reverse(calls):
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": WEATHER[city]})
        return Talk(asked, STOPS[first.finish_reason], _reply(ask(messages)))

    def image(self, model):
        url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
        parts = [{"type": "text", "text": SEE}, {"type": "image_url", "image_url": {"url": url}}]
        return _reply(self._ask(model, [_user(parts)]))

    def structured(self, model):
        schema = {"name": "weather", "schema": SCHEMA, "strict": True}
        wanted = {"type": "json_schema", "json_schema": schema}
        return _reply(self._ask(model, [_user(STRUCTURE)], response_format=wanted))

    def leave(self, model):
        with self._ask(model, [_user(PROMPT)], stream=True) as stream:
            for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    return chunk.choices[0].delta.content

    def close(self):
        self.client.close()


def _user(content):
    return {"role": "user", "content": content}


def _function(call):
    return {"name": call.function.name, "arguments": call.function.arguments}


def _reply(completion):
    choice, used = completion.choices[0], completion.usage
    usage = (used.prompt_tokens, used.completion_tokens)
    text = choice.message.content or ""
    return Reply(text, STOPS[choice.finish_reason], usage)
