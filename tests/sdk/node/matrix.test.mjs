// Every official SDK with every flavor of provider, through the gateway: chat, and what is beside it.
//
// With `WEIGHBRIDGE_MATRIX_DIRECT=1` each SDK speaks to the provider of its own flavor, without the
// gateway: what holds there has to hold through it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { CALLERS, SERVICE_CALLERS } from "./callers.mjs";
import { CASES, Cell } from "./cases.mjs";
import { Gateway } from "./gateway.mjs";
import { IS_DIRECT, Matrix, write } from "./matrix.mjs";
import { FLAVORS, Providers, SECRET, SERVICES } from "./providers.mjs";
import { casesOf, ServiceCell } from "./service_cases.mjs";

const NO_TOKENS = "numbers of one model's tokens mean nothing to another";
const NO_FORMAT = "AOG's sounds come in its providers' own format";
const NO_EVENTS = "AOG's replies come whole, not as events";
// What cannot hold by the protocols or by an SDK, as "caller to provider: case": the reason, and what
// it says where it fails. Such a case is run all the same, and has to fail: one that holds after all
// is to be taken out of here.
const CANNOT = {
  "openai-speech to aog: speech_mp3": [NO_FORMAT, /audio\/wav/],
  "ai-speech to aog: speech_mp3": [NO_FORMAT, /audio\/wav/],
  "openai-images to aog: picture_stream": [NO_EVENTS, /pictures come whole/],
  "openai-speech to aog: speech_events": [NO_EVENTS, /the sound comes whole/],
  "openai-transcriptions to aog: transcript_stream": [NO_EVENTS, /a transcript comes whole/],
  "openai-transcriptions to aog: transcript_stream_error": [NO_EVENTS, /a transcript comes whole/],
};
for (const provider of ["gemini", "ollama", "aog"]) {
  for (const name of ["tokens", "token_lists"]) {
    CANNOT[`openai-embeddings to ${provider}: ${name}`] = [NO_TOKENS, /send texts/];
  }
}

// The two that OpenAI has: responses for the models that it says so of, and chat.
const EXTRA = { openai: "responses = false", responses: 'responses = "only"' };

// The configuration of a provider.
const block = ({ name, url, models }) => `
[[providers]]
name = ${JSON.stringify(name)}
flavor = ${JSON.stringify(name === "responses" ? "openai" : name)}
base_url = ${JSON.stringify(url)}
api_key = ${JSON.stringify(SECRET)}
location = "local"
services = ${JSON.stringify(SERVICES[name])}
models = ${JSON.stringify(models)}
timeout = { connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }
${EXTRA[name] ?? ""}
`;

const chat = new Matrix("SDK matrix");
const services = new Matrix("SDK matrix of services");
let gateway, providers;

before(async () => {
  providers = await Providers.start();
  if (!IS_DIRECT) gateway = await Gateway.start(providers.servers.map(block).join(""));
});

after(async () => {
  for (const line of [...chat.lines(), ...services.lines()]) console.log(line);
  await write(chat, services);
  try {
    await gateway?.stop();
  } finally {
    await providers?.stop();
  }
});

// All there is to run: what is asked of a caller with a provider, and the table that it belongs to.
const runs = [
  ...CALLERS.flatMap((Kind) => runsOf(Kind, FLAVORS, CASES, chat, Cell)),
  ...SERVICE_CALLERS.flatMap((Kind) => {
    const serving = Object.keys(SERVICES).filter((name) => SERVICES[name].includes(Kind.service));
    return runsOf(Kind, serving, casesOf(Kind), services, ServiceCell);
  }),
];

function runsOf(Kind, flavors, cases, table, Of) {
  return (IS_DIRECT ? [Kind.flavor] : flavors).flatMap((provider) =>
    Object.entries(cases).map(([name, run]) => ({ Kind, provider, name, run, table, Of })),
  );
}

// Why a case cannot hold, and how it fails; nothing where it has to hold.
function cannot({ Kind, provider, name }) {
  return CANNOT[`${Kind.id} to ${provider}: ${name}`] ?? [];
}

// The cell of a caller and a provider, with an account of its own.
async function cellOf({ Kind, provider, name, Of }) {
  const server = providers.of(provider);
  if (IS_DIRECT) return new Of(new Kind(server.root, SECRET), server);
  const key = await gateway.newKey(`${Kind.id} to ${provider}: ${name}`);
  return new Of(new Kind(gateway.url, key), server, gateway, key);
}

for (const one of runs) {
  const [reason] = cannot(one);
  const outcome = reason ? "cannot" : "failed";
  one.table.note(one.Kind.id, one.provider, one.name, outcome, reason);
}

// A provider is asked one thing at a time, since it says what came last; all of them at once.
describe("the matrices", { concurrency: true }, () => {
  for (const flavor of Object.keys(SERVICES)) {
    describe(`to ${flavor}`, { concurrency: false }, () => {
      for (const one of runs.filter(({ provider }) => provider === flavor)) {
        test(`${one.Kind.id}: ${one.name}`, () => check(one));
      }
    });
  }
});

async function check(one) {
  const [reason, words] = cannot(one);
  const cell = await cellOf(one);
  let failure;
  try {
    await one.run(cell);
    one.table.note(one.Kind.id, one.provider, one.name, "ok");
  } catch (error) {
    failure = error;
  }
  if (reason) {
    assert.ok(failure, `it holds after all: ${reason}`);
    assert.match(failure.message, words);
  } else if (failure) {
    throw failure;
  }
}
