// The official SDKs, each behind one small interface.

import { AiAnthropic } from "./callers/ai_anthropic.mjs";
import { AiChat } from "./callers/ai_chat.mjs";
import { AiCompatible } from "./callers/ai_compatible.mjs";
import { AiCompatibleEmbeddings, AiEmbeddings } from "./callers/ai_embeddings.mjs";
import { AiResponses } from "./callers/ai_responses.mjs";
import { Chat } from "./callers/chat.mjs";
import { Gemini } from "./callers/gemini.mjs";
import { GeminiEmbeddings } from "./callers/gemini_embeddings.mjs";
import { Messages } from "./callers/anthropic.mjs";
import { Ollama } from "./callers/ollama.mjs";
import { OllamaEmbed, OllamaEmbeddings } from "./callers/ollama_embeddings.mjs";
import { OpenAiEmbeddings } from "./callers/openai_embeddings.mjs";
import { AiImages, OpenAiImages } from "./callers/pictures.mjs";
import { Responses } from "./callers/responses.mjs";
import { AiSpeech, OpenAiSpeech } from "./callers/speech.mjs";
import { AiTranscriptions, OpenAiTranscriptions } from "./callers/transcriptions.mjs";

export const CALLERS = [
  Chat,
  Responses,
  Messages,
  Gemini,
  Ollama,
  AiResponses,
  AiChat,
  AiAnthropic,
  AiCompatible,
];

// What is beside chat.
export const SERVICE_CALLERS = [
  OpenAiEmbeddings,
  AiEmbeddings,
  AiCompatibleEmbeddings,
  GeminiEmbeddings,
  OllamaEmbed,
  OllamaEmbeddings,
  OpenAiImages,
  AiImages,
  OpenAiSpeech,
  AiSpeech,
  OpenAiTranscriptions,
  AiTranscriptions,
];
