// What draws: the openai SDK's images, and the ai package's generateImage.

import { createOpenAI } from "@ai-sdk/openai";
import { generateImage } from "ai";

import { refusedByAi } from "./ai_refusal.mjs";
import { Caller, FAILURES, PATIENCE } from "./caller.mjs";
import { clientOf, ERRORS } from "./openai_client.mjs";

export const DRAWN = "a lorry on a weighbridge, “full”";

// An SDK. `draw` gives the `pictures`, so many of this size, and the `tokens` in and out.
class Painter extends Caller {
  static flavor = "openai";
  static service = "text-to-image";
  static cases = ["picture", "several_pictures", ...FAILURES];

  ask(model) {
    return this.draw(model, 1);
  }
}

export class OpenAiImages extends Painter {
  static id = "openai-images";
  static cases = [...Painter.cases, "picture_stream"];

  constructor(root, key) {
    super();
    this.client = clientOf(root, key);
  }

  isRefusal(error, status) {
    return error instanceof ERRORS[status];
  }

  async draw(model, n, size) {
    const asked = { model, prompt: DRAWN, n, size };
    const { data, usage } = await this.client.images.generate(asked);
    const pictures = data.map((item) => Buffer.from(item.b64_json, "base64"));
    return { pictures, tokens: usage && [usage.input_tokens, usage.output_tokens] };
  }

  // A picture as it becomes one, seen so many times before.
  async events(model, partial) {
    const asked = { model, prompt: DRAWN, stream: true, partial_images: partial };
    const events = [];
    for await (const event of await this.client.images.generate(asked)) events.push(event);
    return events;
  }
}

export class AiImages extends refusedByAi(Painter) {
  static id = "ai-images";

  constructor(root, key) {
    super();
    this.provider = createOpenAI({ baseURL: `${root}/v1`, apiKey: key });
  }

  async draw(model, n, size) {
    const { images, usage } = await generateImage({
      model: this.provider.imageModel(model),
      prompt: DRAWN,
      n,
      size,
      // Of a model that it does not know, the package asks for one at a time.
      maxImagesPerCall: 10,
      maxRetries: 0,
      abortSignal: AbortSignal.timeout(PATIENCE),
    });
    const tokens = usage.inputTokens && [usage.inputTokens, usage.outputTokens];
    return { pictures: images.map((image) => Buffer.from(image.uint8Array)), tokens };
  }
}
