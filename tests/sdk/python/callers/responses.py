"""The openai SDK's responses."""

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
    StreamFailed,
    Talk,
    in_reverse,
)
from .openai_client import ERRORS, client_of

TOOLS = [
    {
        "type": "function",
        "name": TOOL,
        "description": TOOL_TEXT,
        "parameters": TOOL_SCHEMA,
        "strict": False,
    }
]


class Responses(Caller):
    name = "openai-responses"
    flavor = "responses"
    errors = ERRORS
    # The SDK raises for an event with an `error` in it. One that only says so by its type, as the
    # SDK's own types have it, is passed on, and its users look for it.
    broken = (StreamFailed, openai.APIError)

    def __init__(self, root, key):
        self.client = client_of(root, key)

    def _ask(self, model, given, **rest):
        return self.client.responses.create(model=model, input=given, store=False, **rest)

    def text(self, model):
        limits = {"max_output_tokens": LIMIT, "temperature": TEMPERATURE}
        return _reply(self._ask(model, PROMPT, instructions=SYSTEM, **limits))

    def stream(self, model, pieces):
        return _reply(self._streamed(model, PROMPT, pieces))

    def _streamed(self, model, given, pieces, **rest):
        """Streams by the SDK's own helper, which puts the response together again."""
        stream = self.client.responses.stream
        with stream(model=model, input=given, store=False, **rest) as events:
            for event in events:
                if event.type == "response.output_text.delta":
                    pieces.append(event.delta)
                if event.type in ("error", "response.failed"):
                    raise StreamFailed(event)
            return events.get_final_response()

    def tools(self, model, prompt, stream):
        def ask(items):
            if stream:
                return self._streamed(model, items, [], tools=TOOLS)
            return self._ask(model, items, tools=TOOLS)

        items = [{"role": "user", "content": prompt}]
        first = ask(items)
        calls = [item for item in first.output if item.type == "function_call"]
        asked = [(call.name, json.loads(call.arguments)) for call in calls]
        echo = [item.model_dump(exclude_unset=True) for item in first.output]
        # What the SDK's helper has read out of the arguments is its own.
        items += [{k: v for k, v in item.items() if k != "parsed_arguments"} for item in echo]
        for call in in_reverse(calls):
            said = WEATHER[json.loads(call.arguments)["city"]]
            output = {"type": "function_call_output", "call_id": call.call_id, "output": said}
            items.append(output)
        stop = "tools" if calls and first.status == "completed" else first.status
        return Talk(asked, stop, _reply(ask(items)))

    def image(self, model):
        url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
        shown = {"type": "input_image", "image_url": url, "detail": "auto"}
        parts = [{"type": "input_text", "text": SEE}, shown]
        return _reply(self._ask(model, [{"role": "user", "content": parts}]))

    def structured(self, model):
        wanted = {"type": "json_schema", "name": "weather", "schema": SCHEMA, "strict": True}
        return _reply(self._ask(model, STRUCTURE, text={"format": wanted}))

    def leave(self, model):
        with self._ask(model, PROMPT, stream=True) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    return event.delta

    def close(self):
        self.client.close()


def _reply(response):
    usage = (response.usage.input_tokens, response.usage.output_tokens)
    stop = {"completed": "stop", "incomplete": "length"}[response.status]
    return Reply(response.output_text, stop, usage)
