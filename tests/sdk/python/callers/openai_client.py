"""The openai SDK's client, and its exceptions by status."""

import openai

ERRORS = {
    400: openai.BadRequestError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
}


def whole(reply):
    """The reply, if all is there that its type says is there: the SDK itself takes whatever comes."""
    type(reply).model_validate(reply.model_dump(exclude_unset=True))
    return reply


def client_of(root, key):
    """A client that tries once, over plain HTTP."""
    http_client = openai.DefaultHttpxClient(verify=False)
    return openai.OpenAI(
        api_key=key, base_url=f"{root}/v1", timeout=15, max_retries=0, http_client=http_client
    )
