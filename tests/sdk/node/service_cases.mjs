// What is asked of the services beside chat, and what has to come of it.
//
// A vector is that of its own text alone, a picture and a sound hold what they were made of: whatever
// comes in a wrong order or of another input is seen.

import assert from "node:assert/strict";

import { SHORT, TEXTS, TOKENS } from "./callers/embedder.mjs";
import { DRAWN } from "./callers/pictures.mjs";
import { SAID } from "./callers/speech.mjs";
import { WORDS } from "./callers/transcriptions.mjs";
import { failureOf } from "./cases.mjs";
import { mp3Of, wavOf } from "./sound.mjs";
import { count, vectorOf, vectorOfTokens } from "./vector.mjs";

const TITLE = "Weights";
const TASK = "RETRIEVAL_DOCUMENT";
const TOKENS_OF_PICTURE = 16;
const TOKENS_OF_SOUND = 10;
const TOKENS_OF_SPEECH = 20;
// Half a second for each word.
const SECONDS = 4.5;
// Most seconds until a provider has ended what it was asked for.
const ENDING = 5;

// A caller and the provider that it is to reach. Without a gateway there are no receipts.
export class ServiceCell {
  constructor(caller, server, gateway, key) {
    Object.assign(this, { caller, server, gateway, key });
  }

  model(behaviour = "plain") {
    return this.server.model(behaviour);
  }

  // Whether nothing has to be converted.
  isOwn() {
    return this.caller.constructor.flavor === this.server.name;
  }

  // The form between two flavors is AOG's: whoever speaks it needs no step out of it.
  conversion() {
    if (this.isOwn()) return "none";
    return this.server.name === "aog" ? "to_canonical" : "both";
  }

  // The one receipt of this cell, and what it says was used.
  async checkReceipt(usage = {}, outcome = "ok") {
    if (!this.gateway) return;
    const receipt = await this.gateway.onlyReceipt(this.key);
    assert.equal(receipt.outcome, outcome);
    assert.equal(receipt.service, this.caller.constructor.service);
    assert.equal(receipt.conversion, this.conversion());
    assert.equal(receipt.provider, this.server.name);
    for (const [name, used] of Object.entries(usage)) assert.equal(receipt.usage[name], used, name);
  }

  // Each vector in its place, and the tokens in the SDK's reply and on the receipt.
  async checkVectors({ vectors, tokens }, expected, used) {
    // Numbers as they are in 32 bits, whatever the digits that they came in.
    const singles = vectors.map((vector) => Array.from(vector, Math.fround));
    assert.deepEqual(singles, expected);
    const { tellsTokens } = this.caller.constructor;
    assert.equal(tokens, tellsTokens ? used : undefined);
    // The older of Ollama's ways has no word for what was used, to whomever.
    const isTold = tellsTokens || !this.isOwn();
    const measured = { input_tokens: used, basis: "measured" };
    await this.checkReceipt(isTold ? measured : { basis: "estimated" });
  }
}

async function one(cell) {
  const got = await cell.caller.one(cell.model(), TEXTS[0]);
  await cell.checkVectors(got, [vectorOf(TEXTS[0])], count(TEXTS[0]));
}

const texts = (method, length) => async (cell) => {
  const got = await cell.caller[method](cell.model(), TEXTS, length);
  const expected = TEXTS.map((text) => vectorOf(text, length));
  await cell.checkVectors(got, expected, count(...TEXTS));
};

async function tokens(cell) {
  const got = await cell.caller.tokens(cell.model(), TOKENS[0]);
  await cell.checkVectors(got, [vectorOfTokens(TOKENS[0])], TOKENS[0].length);
}

async function tokenLists(cell) {
  const got = await cell.caller.tokens(cell.model(), TOKENS);
  await cell.checkVectors(got, TOKENS.map(vectorOfTokens), TOKENS.flat().length);
}

async function parts(cell) {
  const got = await cell.caller.parts(cell.model(), TEXTS);
  await cell.checkVectors(got, [vectorOf(TEXTS.join("\n"))], count(...TEXTS));
}

// What vectors are for reaches those who have a word for it, and is no hindrance elsewhere.
async function task(cell) {
  const got = await cell.caller.task(cell.model(), TEXTS[0], TASK, TITLE);
  if (cell.isOwn()) {
    const { requests } = (await cell.server.last(ENDING)).body;
    assert.deepEqual([requests[0].taskType, requests[0].title], [TASK, TITLE]);
  }
  await cell.checkVectors(got, [vectorOf(TEXTS[0])], count(TEXTS[0]));
}

// Each says what it was made of, and which of several it is.
function checkPictures(pictures, n) {
  const said = pictures.map((picture) => {
    assert.equal(picture.toString("latin1", 1, 4), "PNG");
    return /\d: a lorry.*”/.exec(picture.toString())?.[0];
  });
  assert.deepEqual(
    said,
    Array.from({ length: n }, (_, index) => `${index}: ${DRAWN}`),
  );
}

const pictures = (n, size) => async (cell) => {
  const drawn = await cell.caller.draw(cell.model(), n, size);
  checkPictures(drawn.pictures, n);
  const used = cell.isOwn() ? [count(DRAWN), n * TOKENS_OF_PICTURE] : undefined;
  assert.deepEqual(drawn.tokens, used);
  if (size) {
    const between = { openai: "x", aog: "*" }[cell.server.name];
    assert.equal((await cell.server.last(ENDING)).body.size, size.replace("x", between));
  }
  const counted = used && { input_tokens: used[0], output_tokens: used[1] };
  await cell.checkReceipt({ images: n, ...counted });
};

// Two looks at what is not done yet, and the picture.
async function pictureStream(cell) {
  const events = await cell.caller.events(cell.model(), 2);
  assert.deepEqual(
    events.map((event) => event.partial_image_index),
    [0, 1, undefined],
  );
  const seen = events.map((event) => Buffer.from(event.b64_json, "base64"));
  checkPictures(seen, 3);
  const done = events.at(-1);
  assert.equal(done.type, "image_generation.completed");
  const used = { input_tokens: count(DRAWN), output_tokens: TOKENS_OF_PICTURE };
  assert.equal(done.usage.output_tokens, used.output_tokens);
  await cell.checkReceipt({ images: 1, ...used });
}

async function speechEvents(cell) {
  const events = await cell.caller.events(cell.model(), "wav");
  const done = events.pop();
  assert.equal(done.type, "speech.audio.done");
  assert.equal(events.length, 2);
  const sound = Buffer.concat(events.map((event) => Buffer.from(event.audio, "base64")));
  assert.ok(sound.equals(wavOf(`alloy: ${SAID}`)), sound.toString());
  const used = { input_tokens: count(SAID), output_tokens: TOKENS_OF_SPEECH };
  assert.equal(done.usage.output_tokens, used.output_tokens);
  await cell.checkReceipt({ characters: SAID.length, ...used });
}

const speech = (method, format, kind, made) => async (cell) => {
  const said = await cell.caller[method](cell.model(), format);
  assert.equal(said.kind, kind);
  assert.ok(said.sound.equals(made(`alloy: ${SAID}`)), said.sound.toString());
  await cell.checkReceipt({ characters: SAID.length, basis: "measured" });
};

// Those who say what was used are believed; AOG says nothing.
function checkTranscript(cell, usage) {
  return cell.checkReceipt(cell.isOwn() ? usage : {});
}

const HEARD = { input_tokens: TOKENS_OF_SOUND, output_tokens: count(WORDS) };

async function transcript(cell) {
  assert.equal(await cell.caller.writeDown(cell.model()), WORDS);
  await checkTranscript(cell, HEARD);
}

async function transcriptVerbose(cell) {
  const { text, duration, segments } = await cell.caller.verbose(cell.model());
  assert.deepEqual([text, duration, segments.length], [WORDS, SECONDS, 1]);
  const [segment] = segments;
  assert.deepEqual([segment.start, segment.end, segment.text.trim()], [0, SECONDS, WORDS]);
  await checkTranscript(cell, { seconds: Math.ceil(SECONDS) });
}

const spelled = (format, ...head) => async (cell) => {
  const said = await cell.caller.spelled(cell.model(), format);
  assert.deepEqual(said.trim().split(/\s+/), [...head, ...WORDS.split(" ")]);
  await checkTranscript(cell, {});
};

async function transcriptStream(cell) {
  const events = await cell.caller.events(cell.model());
  const deltas = events.filter((event) => event.type === "transcript.text.delta");
  assert.equal(deltas.length, count(WORDS));
  assert.equal(deltas.map((event) => event.delta).join(""), WORDS);
  const last = events.at(-1);
  assert.deepEqual([last.type, last.text], ["transcript.text.done", WORDS]);
  assert.equal(last.usage.output_tokens, count(WORDS));
  await checkTranscript(cell, HEARD);
}

// An error among the events, in the provider's own words.
async function transcriptStreamError(cell) {
  const failure = await failureOf(() => cell.caller.events(cell.model("mid-error")));
  assert.ok(cell.caller.isBreak(failure), `${failure}`);
  assert.match(failure.message, /scripted mid-error/);
  await cell.checkReceipt({}, "error");
}

const error = (status) => async (cell) => {
  const { caller } = cell;
  const failure = await failureOf(() => caller.ask(cell.model(`error-${status}`)));
  assert.ok(caller.isRefusal(failure, status), `${failure}`);
  // A provider's own failure may be told as the gateway's view of it: 502 or 503.
  const shown = caller.status(failure);
  assert.ok(shown === status || (status === 500 && [502, 503].includes(shown)), `${shown}`);
  if (status === 429) {
    // Who was told to wait is not asked before; until then the gateway says it by itself.
    assert.match(failure.message, /scripted 429|take no calls now/);
    if (caller.constructor.showsHeaders) assert.match(caller.retryAfter(failure), /^[123]$/);
    return;
  }
  if (status !== 500) assert.match(failure.message, new RegExp(`scripted ${status}`));
  await cell.checkReceipt({}, "error");
};

// A reply whose end never comes is an error, and no shorter reply.
async function cut(cell) {
  const failure = await failureOf(() => cell.caller.ask(cell.model("cut")));
  assert.ok(!(failure instanceof assert.AssertionError), `${failure}`);
  await cell.checkReceipt({}, "error");
}

// By their names in the matrix.
const ALL = {
  one,
  several: texts("several"),
  shorter: texts("shorter", SHORT),
  floats: texts("floats"),
  tokens,
  token_lists: tokenLists,
  parts,
  task,
  picture: pictures(1, "1024x768"),
  several_pictures: pictures(3),
  picture_stream: pictureStream,
  speech_wav: speech("speak", "wav", "audio/wav", wavOf),
  speech_mp3: speech("speak", "mp3", "audio/mpeg", mp3Of),
  speech_stream: speech("speakStreamed", "wav", "audio/wav", wavOf),
  speech_events: speechEvents,
  transcript,
  transcript_text: spelled("text"),
  transcript_srt: spelled("srt", "1", "00:00:00,000", "-->", "00:00:04,500"),
  transcript_vtt: spelled("vtt", "WEBVTT", "00:00:00.000", "-->", "00:00:04.500"),
  transcript_verbose: transcriptVerbose,
  transcript_stream: transcriptStream,
  transcript_stream_error: transcriptStreamError,
  error_400: error(400),
  error_404: error(404),
  error_429: error(429),
  error_500: error(500),
  cut,
};

// What is asked of a kind of caller, in the order of the table.
export function casesOf(Kind) {
  const cases = Object.entries(ALL).filter(([name]) => Kind.cases.includes(name));
  assert.equal(cases.length, Kind.cases.length, `${Kind.id}: ${Kind.cases}`);
  return Object.fromEntries(cases);
}
