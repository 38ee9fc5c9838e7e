// Every official SDK with every flavor of provider, through the gateway.
//
// With `WEIGHBRIDGE_MATRIX_DIRECT=1` each SDK speaks to the provider of its own flavor, without the
// gateway: what holds there has to hold through it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { CALLERS } from "./callers.mjs";
import { CASES, Cell } from "./cases.mjs";
import { Gateway } from "./gateway.mjs";
import { IS_DIRECT, Matrix } from "./matrix.mjs";
import { FLAVORS, Providers, SECRET } from "./providers.mjs";

// What cannot hold by the protocols or by an SDK, as "caller to provider: case": the reason. Such a
// case is run all the same, and has to fail: one that holds after all is to be taken out of here.
const CANNOT = {};

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
services = ["chat"]
models = ${JSON.stringify(models)}
timeout = { connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }
${EXTRA[name] ?? ""}
`;

const matrix = new Matrix();
let gateway, providers;

before(async () => {
  providers = await Providers.start();
  if (!IS_DIRECT) gateway = await Gateway.start(providers.servers.map(block).join(""));
});

after(async () => {
  for (const line of matrix.lines()) console.log(line);
  await matrix.write();
  try {
    await gateway?.stop();
  } finally {
    await providers?.stop();
  }
});

// Why a case cannot hold; nothing where it has to.
function cannot(Kind, provider, name) {
  return CANNOT[`${Kind.id} to ${provider}: ${name}`];
}

// The cell of a caller and a provider, with an account of its own.
async function cellOf(Kind, provider, name) {
  const server = providers.of(provider);
  if (IS_DIRECT) return new Cell(new Kind(server.root, SECRET), server);
  const key = await gateway.newKey(`${Kind.id} to ${provider}: ${name}`);
  return new Cell(new Kind(gateway.url, key), server, gateway, key);
}

const pairs = CALLERS.flatMap((Kind) =>
  (IS_DIRECT ? [Kind.flavor] : FLAVORS).map((provider) => ({ Kind, provider })),
);
for (const { Kind, provider } of pairs) {
  for (const name of Object.keys(CASES)) {
    const reason = cannot(Kind, provider, name);
    matrix.note(Kind.id, provider, name, reason ? "cannot" : "failed", reason);
  }
}

// A provider is asked one thing at a time, since it says what came last; all of them at once.
describe("the matrix", { concurrency: true }, () => {
  for (const flavor of FLAVORS) {
    describe(`to ${flavor}`, { concurrency: false }, () => {
      for (const { Kind, provider } of pairs) {
        if (provider !== flavor) continue;
        for (const [name, run] of Object.entries(CASES)) {
          test(`${Kind.id}: ${name}`, () => check(Kind, provider, name, run));
        }
      }
    });
  }
});

async function check(Kind, provider, name, run) {
  const reason = cannot(Kind, provider, name);
  const cell = await cellOf(Kind, provider, name);
  let failure;
  try {
    await run(cell);
    matrix.note(Kind.id, provider, name, "ok");
  } catch (error) {
    failure = error;
  }
  if (reason) assert.ok(failure, `it holds after all: ${reason}`);
  else if (failure) throw failure;
}
