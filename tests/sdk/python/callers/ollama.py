"""The ollama SDK."""

import ollama

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
)

TOOLS = [
    {
        "type": "function",
        "function": {"name": TOOL, "description": TOOL_TEXT, "parameters": TOOL_SCHEMA},
    }
]


class Ollama(Caller):
    name = "ollama"
    flavor = "ollama"
    errors = dict.fromkeys((400, 404, 429, 500), ollama.ResponseError)
    broken = ollama.ResponseError
    shows_headers = False

    def __init__(self, root, key):
        headers = {"authorization": f"Bearer {key}"}
        self.client = ollama.Client(host=root, headers=headers, timeout=15, verify=False)

    def text(self, model):
        messages = [{"role": "system", "content": SYSTEM}, _user(PROMPT)]
        options = {"num_predict": LIMIT, "temperature": TEMPERATURE}
        return _reply(self.client.chat(model, messages, options=options))

    def stream(self, model, pieces):
        return _reply(self._streamed(model, [_user(PROMPT)], pieces))

    def _streamed(self, model, messages, pieces, **rest):
        """Streams; the SDK has no helper that puts the reply together, so its users do it."""
        calls, part = [], None
        for part in self.client.chat(model, messages, stream=True, **rest):
            if part.message.content:
                pieces.append(part.message.content)
            calls += part.message.tool_calls or []
        message = ollama.Message(
            role="assistant", content="".join(pieces), tool_calls=calls or None
        )
        return part.model_copy(update={"message": message})

    def tools(self, model, prompt, stream):
        def ask(messages):
            if stream:
                return self._streamed(model, messages, [], tools=TOOLS)
            return self.client.chat(model, messages, tools=TOOLS)

        messages = [_user(prompt)]
        first = ask(messages)
        calls = first.message.tool_calls or []
        messages.append(first.message)
        # The SDK drops the ids of calls: results are told apart by their tool and their order.
        for call in calls:
            said = WEATHER[call.function.arguments["city"]]
            messages.append({"role": "tool", "tool_name": call.function.name, "content": said})
        asked = [(call.function.name, dict(call.function.arguments)) for call in calls]
        # Calls end in `stop` there; that there are any is what says so.
        stop = "tools" if calls and first.done_reason == "stop" else first.done_reason
        return Talk(asked, stop, _reply(ask(messages)))

    def image(self, model):
        message = _user(SEE) | {"images": [PNG]}
        return _reply(self.client.chat(model, [message]))

    def structured(self, model):
        return _reply(self.client.chat(model, [_user(STRUCTURE)], format=SCHEMA))

    def leave(self, model):
        stream = self.client.chat(model, [_user(PROMPT)], stream=True)
        first = next(part.message.content for part in stream if part.message.content)
        stream.close()
        return first

    def close(self):
        self.client.close()


def _user(content):
    return {"role": "user", "content": content}


def _reply(response):
    usage = (response.prompt_eval_count, response.eval_count)
    return Reply(response.message.content or "", response.done_reason, usage)
