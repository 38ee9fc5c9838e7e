// The openai SDK's client, and its errors by status.

import OpenAI, {
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";

import { PATIENCE } from "./caller.mjs";

export const ERRORS = {
  400: BadRequestError,
  404: NotFoundError,
  429: RateLimitError,
  500: InternalServerError,
};

// A client that tries once.
export function clientOf(root, key) {
  return new OpenAI({ apiKey: key, baseURL: `${root}/v1`, timeout: PATIENCE, maxRetries: 0 });
}
