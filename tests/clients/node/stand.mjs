// The scripted providers of all flavors, and a real gateway in front of them.
//
// The providers are the Python ones of the SDKs' tests: `WEIGHBRIDGE_SDK` is the folder that they
// lie in, `WEIGHBRIDGE_BIN` the gateway.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const START = 20_000;
const END = 15_000;
const ANSWER = 10_000;
const SECRET = "provider-secret";

export const FLAVORS = ["openai", "responses", "anthropic", "gemini", "ollama"];

// OpenAI has two flavors, and here each provider speaks one.
const EXTRA = { openai: "responses = false", responses: 'responses = "only"' };

const provider = ([name, url]) => `
[[providers]]
name = "${name}"
flavor = "${name === "responses" ? "openai" : name}"
base_url = "${url}"
api_key = "${SECRET}"
location = "local"
services = ["chat"]
models = ["${name}-plain"]
${EXTRA[name] ?? ""}
`;

export class Stand {
  log = "";

  static async start() {
    const stand = new Stand();
    stand.folder = await mkdtemp(path.join(tmpdir(), "weighbridge-clients-"));
    stand.providers = spawn("python3", ["-B", "-m", "providers"], {
      cwd: process.env.WEIGHBRIDGE_SDK,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const places = JSON.parse(await line(stand.providers, () => true));
    const data = path.join(stand.folder, "data");
    const head = `listen = "127.0.0.1:0"\ndata_dir = ${JSON.stringify(data)}\n`;
    const file = path.join(stand.folder, "weighbridge.toml");
    await writeFile(file, head + Object.entries(places).map(provider).join(""));
    stand.gateway = spawn(process.env.WEIGHBRIDGE_BIN, ["serve", "--config", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    stand.exit = once(stand.gateway, "exit");
    stand.gateway.stderr.on("data", (words) => (stand.log += words));
    const ready = await line(stand.gateway, (words) => words.startsWith("listening on "));
    stand.url = ready.slice("listening on ".length).trim();
    stand.adminKey = (await readFile(path.join(data, "admin.key"), "utf8")).trim();
    return stand;
  }

  // Calls the native API; returns the parsed answer.
  async ask(method, route, { key = this.adminKey, body } = {}) {
    const answer = await fetch(`${this.url}${route}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${route}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  // A developer's key of a new account.
  async key(name) {
    const account = await this.ask("POST", "/gateway/v1/accounts", { body: { name } });
    const body = { account: account.id, role: "developer" };
    return (await this.ask("POST", "/gateway/v1/keys", { body })).key;
  }

  // The receipts of the key's account, waited for until there are so many; all went well.
  async receipts(key, count, conversion) {
    let items = [];
    for (let tries = 0; items.length < count && tries < 250; tries += 1) {
      if (tries > 0) await sleep(20);
      items = (await this.ask("GET", "/gateway/v1/receipts", { key })).items;
    }
    assert.equal(items.length, count);
    for (const receipt of items) {
      assert.equal(receipt.outcome, "ok");
      assert.equal(receipt.conversion, conversion);
    }
    return items;
  }

  async stop() {
    this.providers.stdin.end();
    this.gateway.kill("SIGTERM");
    const limit = setTimeout(() => this.gateway.kill("SIGKILL"), END);
    const [code] = await this.exit;
    clearTimeout(limit);
    this.providers.kill();
    await rm(this.folder, { recursive: true, force: true });
    assert.equal(code, 0, this.log);
  }
}

// The first line of a process that is the one.
async function line(child, isIt) {
  const limit = setTimeout(() => child.kill("SIGKILL"), START);
  try {
    for await (const words of readline.createInterface({ input: child.stdout })) {
      if (isIt(words)) {
        child.stdout.resume();
        return words;
      }
    }
  } finally {
    clearTimeout(limit);
  }
  throw new Error(`${child.spawnfile} did not start`);
}
