// The official SDKs, each behind one small interface.

import { AiAnthropic } from "./callers/ai_anthropic.mjs";
import { AiChat } from "./callers/ai_chat.mjs";
import { AiCompatible } from "./callers/ai_compatible.mjs";
import { AiResponses } from "./callers/ai_responses.mjs";
import { Chat } from "./callers/chat.mjs";
import { Gemini } from "./callers/gemini.mjs";
import { Messages } from "./callers/anthropic.mjs";
import { Ollama } from "./callers/ollama.mjs";
import { Responses } from "./callers/responses.mjs";

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
