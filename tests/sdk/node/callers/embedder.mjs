// What every SDK is asked to do where texts become vectors.

import { Caller, FAILURES } from "./caller.mjs";

// Three tokens, seven and one; quotes, a line's end and letters beyond ASCII are text like any other.
export const TEXTS = ["the first lorry", "a second, “heavier” one\nof two \\ three", "重量"];
export const TOKENS = [[101, 7592, 102], [5]];
export const SHORT = 3;

// An SDK. Each of its methods is one thing that its users do: `one` asks for the vector of a text,
// `several` for those of texts, and `shorter` for so many numbers of each. All give the `vectors`,
// and the `tokens` that were used, where the SDK's reply says it.
//
// `cases` names what is asked of the SDK.
export class Embedder extends Caller {
  static service = "embed";
  static cases = ["one", "several", "shorter", ...FAILURES];
  // Whether its reply says what was used.
  static tellsTokens = true;

  // Whatever call, to see it fail.
  ask(model) {
    return this.one(model, TEXTS[0]);
  }
}
