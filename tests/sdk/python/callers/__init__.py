"""The official SDKs, each behind one small interface."""

from .anthropic import Anthropic
from .chat import Chat
from .gemini import Gemini
from .gemini_embeddings import GeminiEmbeddings
from .ollama import Ollama
from .ollama_embeddings import OllamaEmbed, OllamaEmbeddings
from .openai_embeddings import OpenAIEmbeddings
from .openai_images import OpenAIImages
from .openai_speech import OpenAISpeech
from .openai_transcriptions import OpenAITranscriptions
from .responses import Responses

CALLERS = [Chat, Responses, Anthropic, Gemini, Ollama]
# What is beside chat.
SERVICE_CALLERS = [
    OpenAIEmbeddings,
    GeminiEmbeddings,
    OllamaEmbed,
    OllamaEmbeddings,
    OpenAIImages,
    OpenAISpeech,
    OpenAITranscriptions,
]
