// One scripted provider, as a patient and as a hasty desk, with a gateway in front of it.

import OpenAI from "openai";

import { Gateway } from "./gateway.mjs";
import { MODELS, Provider } from "./provider.mjs";

const desks = (url) => `
[[providers]]
name = "desk"
flavor = "openai"
base_url = ${JSON.stringify(url)}
location = "local"
services = ["chat"]
models = ${JSON.stringify(MODELS.filter((it) => it !== "bad-credential"))}
timeout = { connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }

[[providers]]
name = "locked"
flavor = "openai"
base_url = ${JSON.stringify(url)}
location = "local"
services = ["chat"]
models = ["bad-credential"]

[[providers]]
name = "hasty"
flavor = "openai"
base_url = ${JSON.stringify(url)}
location = "local"
services = ["chat"]
models = ["hasty-silent", "hasty-gated"]
timeout = { connect = "1s", first_byte = "1s", idle = "1s", total = "1s" }

[[prices]]
model = "plain"
currency = "USD"
input = "1"
output = "5"

[[prices]]
model = "broken"
currency = "USD"
input = "1"
output = "5"

[[prices]]
model = "gated"
currency = "USD"
input = "1"
output = "5"

[[prices]]
model = "long"
currency = "USD"
input = "1000"
output = "1000"

[levels.default]
view = { requests = 100000, window = "1m" }

[levels.ceiling]
reserve = "ceiling"
view = { requests = 100000, window = "1m" }

[levels.capped]
overrun_cap = "0.01 USD"
view = { requests = 100000, window = "1m" }

[levels.still]
sync = { requests = 2, window = "1h" }
view = { requests = 100000, window = "1m" }

[levels.slow]
sync = { requests = 2, window = "5s" }
view = { requests = 100000, window = "1m" }
`;

export class Desk extends Gateway {
  // Starts a provider and a gateway in front of it.
  static async start() {
    const provider = await Provider.start();
    const desk = await super.start(desks(provider.baseUrl));
    desk.provider = provider;
    return desk;
  }

  // A caller with an account of its own, which may have a `budget` and a `level`; `requests` holds
  // what its SDK really sent.
  async caller(name, options = {}, settings = {}) {
    const key = await this.newKey(name, settings);
    const requests = [];
    const client = new OpenAI({
      apiKey: key,
      baseURL: `${this.url}/v1`,
      timeout: 15_000,
      fetch: (address, request) => {
        requests.push(request);
        return fetch(address, request);
      },
      ...options,
    });
    const messages = [{ role: "user", content: name }];
    return { client, key, requests, messages, text: name };
  }

  async stop() {
    try {
      await super.stop();
    } finally {
      this.provider.stop();
    }
  }
}
