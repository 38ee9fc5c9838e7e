"""The official SDKs, each behind one small interface."""

from .anthropic import Anthropic
from .chat import Chat
from .gemini import Gemini
from .ollama import Ollama
from .responses import Responses

CALLERS = [Chat, Responses, Anthropic, Gemini, Ollama]
