"""What OpenAI's two flavors share: credential, errors, pictures and files, names, schemas."""

from . import form, media
from .refusal import Refusal

NAME = form.matching(r"[a-zA-Z0-9_-]{1,64}")
EFFORT = form.nullable(form.words("none", "minimal", "low", "medium", "high", "xhigh", "max"))
TIER = form.nullable(form.words("auto", "default", "flex", "scale", "priority", "fast"))
VERBOSITY = form.nullable(form.words("low", "medium", "high"))
METADATA = form.nullable(form.map_of(form.text))
SCHEMA_NAME = form.matching(r"[a-zA-Z0-9_-]{1,64}")

_KINDS = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", "overloaded"),
}
_CODES = {
    "unknown": "unknown_parameter",
    "missing": "missing_required_parameter",
    "type": "invalid_type",
    "value": "invalid_value",
}


def check_credential(call):
    if not call.bearer():
        raise Refusal(401, "Incorrect API key provided.")


def refused(refusal):
    """Status, body and headers of a refusal. An overloaded service says 503."""
    status = 503 if refusal.status == 529 else refusal.status
    kind, code = _KINDS.get(status, ("invalid_request_error", None))
    param = refusal.bracketed() or None
    if status == 400 and param:
        code = _CODES[refusal.kind]
    words = f"{refusal.words} (`{param}`)" if param else refusal.words
    error = {"message": words, "type": kind, "param": param, "code": code}
    return status, {"error": error}, {"x-request-id": "req_scripted"}


def image_url(url, path):
    """What the model sees of a picture."""
    return media.of_url(url, path, media.IMAGES)


def file_data(url, path):
    """What the model sees of a file."""
    return media.of_url(url, path)


def strict_schema(value, path, strict):
    """A schema that has to be kept to is closed, and requires all that it describes."""
    if strict:
        form.closed_schema(value, path, whole_list=True)
    else:
        form.schema(value, path)


def check_json_is_asked_for(texts, path):
    """OpenAI wants the word where any JSON is to be answered."""
    if not any("json" in text.lower() for text in texts):
        raise Refusal(400, "the messages must contain the word 'json' in some form", path)
