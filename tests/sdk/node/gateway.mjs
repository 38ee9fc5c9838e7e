// A real gateway process, in a folder of its own, with a scripted provider behind it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import OpenAI from "openai";

import { MODELS, Provider } from "./provider.mjs";

const config = (data, url) => `
listen = "127.0.0.1:0"
data_dir = ${JSON.stringify(data)}

[[providers]]
name = "desk"
flavor = "openai"
base_url = ${JSON.stringify(url)}
location = "local"
services = ["chat"]
models = ${JSON.stringify(MODELS)}
timeout = { connect = "2s", first_byte = "10s", idle = "10s", total = "20s" }

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

export class Gateway {
  log = "";

  // Starts a provider and a gateway in front of it.
  static async start() {
    const gateway = new Gateway();
    gateway.provider = await Provider.start();
    gateway.folder = await mkdtemp(path.join(tmpdir(), "weighbridge-sdk-"));
    const file = path.join(gateway.folder, "weighbridge.toml");
    const data = path.join(gateway.folder, "data");
    await writeFile(file, config(data, gateway.provider.baseUrl));
    gateway.process = spawn(process.env.WEIGHBRIDGE_BIN, ["serve", "--config", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    gateway.exit = once(gateway.process, "exit");
    gateway.process.stderr.on("data", (words) => (gateway.log += words));
    gateway.url = await gateway.address();
    gateway.adminKey = (await readFile(path.join(data, "admin.key"), "utf8")).trim();
    return gateway;
  }

  // The address in the line that says that it is ready.
  async address() {
    const limit = setTimeout(() => this.process.kill("SIGKILL"), 20_000);
    for await (const line of readline.createInterface({ input: this.process.stdout })) {
      if (line.startsWith("listening on ")) {
        clearTimeout(limit);
        this.process.stdout.resume();
        return line.slice("listening on ".length).trim();
      }
    }
    throw new Error(`the gateway did not start:\n${this.log}`);
  }

  // Calls the native API; returns the parsed answer.
  async ask(method, route, { key = this.adminKey, body } = {}) {
    const answer = await fetch(`${this.url}${route}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${route}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  // A caller with an account of its own, which may have a `budget` and a `level`; `requests` holds
  // what its SDK really sent.
  async caller(name, options = {}, settings = {}) {
    const wanted = { name, ...settings };
    const account = await this.ask("POST", "/gateway/v1/accounts", { body: wanted });
    const body = { account: account.id, role: "developer" };
    const { key } = await this.ask("POST", "/gateway/v1/keys", { body });
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

  // One receipt, which is there as soon as the reply has ended.
  receipt(key, call) {
    return this.ask("GET", `/gateway/v1/receipts/${call}`, { key });
  }

  // The one receipt of the key's account, waited for: the caller may have left before.
  async onlyReceipt(key) {
    for (let tries = 0; ; tries += 1) {
      const { items } = await this.ask("GET", "/gateway/v1/receipts", { key });
      if (items.length > 0 || tries === 250) {
        assert.equal(items.length, 1, "one receipt was to be there");
        return items[0];
      }
      await sleep(20);
    }
  }

  // Ends it as an operator would; it must end well.
  async stop() {
    this.process.kill("SIGTERM");
    const limit = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
    const [code] = await this.exit;
    clearTimeout(limit);
    this.provider.stop();
    await rm(this.folder, { recursive: true, force: true });
    assert.equal(code, 0, this.log);
  }
}

// Whether a promise is kept within some milliseconds.
export function within(promise, milliseconds) {
  return Promise.race([promise, sleep(milliseconds, false, { ref: false })]);
}

// The error of a call that has to fail, of the class it has to have.
export async function failure(promise, kind) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof kind, `${error}`);
    return error;
  }
  assert.fail("the call did not fail");
}
