// What every SDK is asked to do, and what it has to give back for it.

export const PROMPT = "How much does it weigh?";
export const SYSTEM = "You are a weighbridge.";
export const ONE_CITY = "What is the weather in Paris?";
export const BOTH_CITIES = "What is the weather in both Paris and Tokyo?";
export const SEE = "What do you see?";
export const STRUCTURE = "Give me the weather in Paris as json.";
export const LIMIT = 100;
export const TEMPERATURE = 0.5;
export const PATIENCE = 15_000;

export const TOOL = "get_weather";
export const TOOL_TEXT = "Says what the weather is.";
export const TOOL_SCHEMA = {
  type: "object",
  properties: { city: { type: "string", description: "Which city" } },
  required: ["city"],
};
export const WEATHER = { Paris: "18 degrees", Tokyo: "21 degrees" };
export const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "integer" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};

// A picture of one white dot.
const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";
export const PNG = Buffer.from(DOT, "base64");
export const PNG_URL = `data:image/png;base64,${DOT}`;

// The cases in which a service beside chat fails, whatever is asked of it.
export const FAILURES = ["error_400", "error_404", "error_429", "error_500", "cut"];

// An SDK. Each of its methods is one thing that its users do.
//
// `text` and `stream` ask a question, the latter with a list for the pieces as they come; `image`
// shows a picture; `structured` wants JSON. All give a reply: its `text`, its `stop`, which is
// `stop`, `tools` or `length`, and its `usage`, tokens in and out. `tools` answers the model's
// calls, whole or streamed, and gives a talk: the `calls` as pairs of a name and its arguments, the
// `stop` that they came with, and the `reply` at the end. `leave` goes away after the first piece
// and gives that piece.
//
// `id` is the SDK's name in the matrix, `flavor` that of the providers that need no conversion.
export class Caller {
  static id = "";
  static flavor = "";
  // Whether an error shows the headers that it came with.
  static showsHeaders = true;

  // Whether it is the error that the SDK's users expect with a status.
  isRefusal(_error, _status) {
    throw new Error("every caller has its own");
  }

  // Whether it is the error that they expect where a stream says that it failed.
  isBreak(_error) {
    throw new Error("every caller has its own");
  }

  // The HTTP status of an error.
  status(error) {
    return error.status;
  }

  // What an error says about when to come back, where the SDK shows headers.
  retryAfter(error) {
    return error.headers.get("retry-after");
  }
}

// Calls in another order than they came in: results belong to them by their ids.
export function inReverse(calls) {
  return [...calls].reverse();
}
