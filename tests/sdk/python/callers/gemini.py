"""The google-genai SDK."""

from google import genai
from google.genai import types
from google.genai.errors import APIError, ClientError, ServerError

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
    TOOL_TEXT,
    WEATHER,
    Caller,
    Reply,
    Talk,
    in_reverse,
)

# As its users write it: Google's own kind of schema, with types in capitals.
CITY = types.Schema(type="STRING", description="Which city")
PARAMETERS = types.Schema(type="OBJECT", properties={"city": CITY}, required=["city"])
TOOLS = [
    types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name=TOOL, description=TOOL_TEXT, parameters=PARAMETERS)
        ]
    )
]
STOPS = {types.FinishReason.STOP: "stop", types.FinishReason.MAX_TOKENS: "length"}


class Gemini(Caller):
    name = "google-genai"
    flavor = "gemini"
    errors = {
        400: ClientError,
        404: ClientError,
        429: ClientError,
        500: ServerError,
    }
    broken = APIError

    def __init__(self, root, key):
        options = {"base_url": root, "timeout": 15000, "client_args": {"verify": False}}
        self.client = genai.Client(api_key=key, http_options=options)

    def _ask(self, model, contents, **config):
        config = types.GenerateContentConfig(**config) if config else None
        return self.client.models.generate_content(model=model, contents=contents, config=config)

    def text(self, model):
        limits = {"max_output_tokens": LIMIT, "temperature": TEMPERATURE}
        return _reply(self._ask(model, PROMPT, system_instruction=SYSTEM, **limits))

    def stream(self, model, pieces):
        return _reply(self._streamed(model, PROMPT, pieces))

    def _streamed(self, model, contents, pieces, **config):
        """Streams; the SDK has no helper that puts the reply together, so its users do it."""
        ask = self.client.models.generate_content_stream
        config = types.GenerateContentConfig(**config) if config else None
        parts, chunk = [], None
        for chunk in ask(model=model, contents=contents, config=config):
            content = chunk.candidates[0].content if chunk.candidates else None
            new = [part for part in (content and content.parts) or [] if part.text != ""]
            pieces += [part.text for part in new if part.text and not part.thought]
            parts += new
        content = types.Content(role="model", parts=parts)
        last = chunk.candidates[0].model_copy(update={"content": content})
        return chunk.model_copy(update={"candidates": [last]})

    def tools(self, model, prompt, stream):
        def ask(contents):
            if stream:
                return self._streamed(model, contents, [], tools=TOOLS)
            return self._ask(model, contents, tools=TOOLS)

        contents = [types.Content(role="user", parts=[types.Part(text=prompt)])]
        first = ask(contents)
        calls = first.function_calls or []
        results = [
            types.Part(
                function_response=types.FunctionResponse(
                    id=call.id, name=call.name, response={"result": WEATHER[call.args["city"]]}
                )
            )
            for call in (in_reverse(calls) if all(call.id for call in calls) else calls)
        ]
        contents += [first.candidates[0].content, types.Content(role="user", parts=results)]
        stop = STOPS[first.candidates[0].finish_reason]
        asked = [(call.name, call.args) for call in calls]
        # Calls end in STOP there; that there are any is what says so.
        return Talk(asked, "tools" if calls and stop == "stop" else stop, _reply(ask(contents)))

    def image(self, model):
        shown = types.Part.from_bytes(data=PNG, mime_type="image/png")
        return _reply(self._ask(model, [SEE, shown]))

    def structured(self, model):
        wanted = {"response_mime_type": "application/json", "response_json_schema": SCHEMA}
        return _reply(self._ask(model, STRUCTURE, **wanted))

    def leave(self, model):
        stream = self.client.models.generate_content_stream(model=model, contents=PROMPT)
        first = next(chunk.text for chunk in stream if chunk.text)
        stream.close()
        return first

    def status(self, error):
        return error.code

    def close(self):
        self.client.close()


def _reply(response):
    used = response.usage_metadata
    output = (used.candidates_token_count or 0) + (used.thoughts_token_count or 0)
    parts = response.candidates[0].content.parts or []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    stop = STOPS[response.candidates[0].finish_reason]
    return Reply(text, stop, (used.prompt_token_count, output))
