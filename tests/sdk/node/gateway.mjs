// A real gateway process, in a folder of its own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const head = (data) => `
listen = "127.0.0.1:0"
data_dir = ${JSON.stringify(data)}
`;

export class Gateway {
  log = "";

  // Starts it with this configuration.
  static async start(config) {
    const gateway = new this();
    gateway.folder = await mkdtemp(path.join(tmpdir(), "weighbridge-sdk-"));
    const file = path.join(gateway.folder, "weighbridge.toml");
    const data = path.join(gateway.folder, "data");
    await writeFile(file, `${head(data)}${config}`);
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

  // A developer's key of a new account, which may have a `budget` and a `level`.
  async newKey(name, settings = {}) {
    const wanted = { name, ...settings };
    const account = await this.ask("POST", "/gateway/v1/accounts", { body: wanted });
    const body = { account: account.id, role: "developer" };
    return (await this.ask("POST", "/gateway/v1/keys", { body })).key;
  }

  // One receipt, which is there as soon as the reply has ended.
  receipt(key, call) {
    return this.ask("GET", `/gateway/v1/receipts/${call}`, { key });
  }

  // The one receipt of the key's account, waited for: the caller may have left before.
  async onlyReceipt(key) {
    const [receipt] = await this.receipts(key, 1);
    return receipt;
  }

  // All receipts of the key's account, waited for until there are so many.
  async receipts(key, count) {
    for (let tries = 0; ; tries += 1) {
      const { items } = await this.ask("GET", "/gateway/v1/receipts", { key });
      if (items.length >= count || tries === 250) {
        assert.equal(items.length, count, `${count} receipts were to be there`);
        return items;
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
