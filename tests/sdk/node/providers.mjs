// The scripted providers of every flavor, in a process of their own: `python3 -m providers all` in
// the folder above. What their models do stands there, in `mind`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

export const FLAVORS = ["openai", "responses", "anthropic", "gemini", "ollama"];
export const SECRET = "provider-secret";
const BESIDE_CHAT = ["embed", "text-to-image", "text-to-speech", "speech-to-text"];
// What each of them serves.
export const SERVICES = {
  openai: ["chat", ...BESIDE_CHAT],
  responses: ["chat"],
  anthropic: ["chat"],
  gemini: ["chat", "embed"],
  ollama: ["chat", "embed"],
  aog: BESIDE_CHAT,
};

const BEHAVIOURS = [
  "plain",
  "slow",
  "error-400",
  "error-404",
  "error-429",
  "error-500",
  "mid-error",
  "cut",
];
// The folder that they lie in; it is said where these scripts run from a copy.
const FOLDER = process.env.WEIGHBRIDGE_SDK ?? fileURLToPath(new URL("..", import.meta.url));
// Most milliseconds until they stand.
const START = 20_000;

// A provider of one flavor.
class Server {
  constructor(name, url) {
    this.name = name;
    this.url = url;
    this.root = new URL(url).origin;
    this.models = BEHAVIOURS.map((behaviour) => this.model(behaviour));
  }

  model(behaviour) {
    return `${this.name}-${behaviour}`;
  }

  // What came last, once it has ended, waited for some seconds at most.
  async last(seconds) {
    return (await fetch(`${this.root}/script/last?within=${seconds}`)).json();
  }
}

export class Providers {
  static async start() {
    const providers = new Providers();
    providers.process = spawn("python3", ["-m", "providers", "all"], {
      cwd: path.resolve(FOLDER),
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    providers.exit = once(providers.process, "exit");
    const lines = readline.createInterface({ input: providers.process.stdout });
    const [line] = await once(lines, "line", { signal: AbortSignal.timeout(START) });
    const places = JSON.parse(line);
    providers.servers = Object.keys(SERVICES).map((name) => new Server(name, places[name]));
    return providers;
  }

  // The one of this flavor.
  of(flavor) {
    return this.servers.find((server) => server.name === flavor);
  }

  // They end when their standard input does.
  async stop() {
    this.process.stdin.end();
    await this.exit;
  }
}
