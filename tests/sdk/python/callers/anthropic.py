"""The anthropic SDK."""

import base64

import anthropic

from .caller import (
    LIMIT,
    PNG,
    PROMPT,
    SCHEMA,
    SEE,
    STRUCTURE,
    SYSTEM,
    TOOL,
    TOOL_SCHEMA,
    TOOL_TEXT,
    WEATHER,
    Caller,
    Reply,
    Talk,
    in_reverse,
)

TOOLS = [{"name": TOOL, "description": TOOL_TEXT, "input_schema": TOOL_SCHEMA}]
STOPS = {"end_turn": "stop", "tool_use": "tools", "max_tokens": "length"}


class Anthropic(Caller):
    name = "anthropic"
    flavor = "anthropic"
    errors = {
        400: anthropic.BadRequestError,
        404: anthropic.NotFoundError,
        429: anthropic.RateLimitError,
        500: anthropic.InternalServerError,
    }
    broken = anthropic.APIStatusError

    def __init__(self, root, key):
        http_client = anthropic.DefaultHttpxClient(verify=False)
        self.client = anthropic.Anthropic(
            api_key=key, base_url=root, timeout=15, max_retries=0, http_client=http_client
        )

    def _ask(self, model, messages, **rest):
        return self.client.messages.create(model=model, messages=messages, max_tokens=LIMIT, **rest)

    def text(self, model):
        # No temperature: the version of the protocol that the SDK speaks has none.
        return _reply(self._ask(model, [_user(PROMPT)], system=SYSTEM))

    def stream(self, model, pieces):
        return _reply(self._streamed(model, [_user(PROMPT)], pieces))

    def _streamed(self, model, messages, pieces, **rest):
        """Streams by the SDK's own helper, which puts the message together again."""
        stream = self.client.messages.stream
        with stream(model=model, messages=messages, max_tokens=LIMIT, **rest) as events:
            pieces.extend(events.text_stream)
            return events.get_final_message()

    def tools(self, model, prompt, stream):
        def ask(messages):
            if stream:
                return self._streamed(model, messages, [], tools=TOOLS)
            return self._ask(model, messages, tools=TOOLS)

        messages = [_user(prompt)]
        first = ask(messages)
        calls = [block for block in first.content if block.type == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": WEATHER[call.input["city"]]}
            for call in in_reverse(calls)
        ]
        messages += [{"role": "assistant", "content": first.content}, _user(results)]
        asked = [(call.name, call.input) for call in calls]
        return Talk(asked, STOPS[first.stop_reason], _reply(ask(messages)))

    def image(self, model):
        data = base64.b64encode(PNG).decode()
        source = {"type": "base64", "media_type": "image/png", "data": data}
        parts = [{"type": "text", "text": SEE}, {"type": "image", "source": source}]
        return _reply(self._ask(model, [_user(parts)]))

    def structured(self, model):
        wanted = {"format": {"type": "json_schema", "schema": SCHEMA}}
        return _reply(self._ask(model, [_user(STRUCTURE)], output_config=wanted))

    def leave(self, model):
        stream = self.client.messages.stream
        with stream(model=model, messages=[_user(PROMPT)], max_tokens=LIMIT) as events:
            return next(iter(events.text_stream))

    def close(self):
        self.client.close()


def _user(content):
    return {"role": "user", "content": content}


def _reply(message):
    text = "".join(block.text for block in message.content if block.type == "text")
    used = message.usage
    # What came from a cache or went into one stands beside the other input there.
    cached = (used.cache_read_input_tokens or 0) + (used.cache_creation_input_tokens or 0)
    usage = (used.input_tokens + cached, used.output_tokens)
    return Reply(text, STOPS[message.stop_reason], usage)
