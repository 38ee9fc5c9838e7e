// The vectors of the scripted providers: what a text has to come back as. The same stands in Python
// beside the providers, in `vector`.

import { createHash } from "node:crypto";

const LENGTH = 8;

// The vector of a text: so many numbers of 32 bits.
export function vectorOf(text, length = LENGTH) {
  const digest = createHash("sha256").update(text).digest();
  const numbers = Array.from({ length: LENGTH }, (_, at) => digest.readInt16LE(2 * at) / 30000);
  return numbers.map(Math.fround).slice(0, length);
}

// That of a text which is given as the numbers of its tokens.
export function vectorOfTokens(tokens) {
  return vectorOf(`tokens ${tokens.join(" ")}`);
}

// How many tokens texts have: their words.
export function count(...texts) {
  return texts.join("\n").split(/\s+/).length;
}
