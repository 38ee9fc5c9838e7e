// What came of every caller with every provider: the tables, in words and as JSON.

import { readFile, writeFile } from "node:fs/promises";

const SDKS = [
  "openai",
  "@anthropic-ai/sdk",
  "@google/genai",
  "ollama",
  "ai",
  "@ai-sdk/openai",
  "@ai-sdk/anthropic",
  "@ai-sdk/openai-compatible",
];

// Whether the callers speak to the providers of their own flavor, without the gateway.
export const IS_DIRECT = process.env.WEIGHBRIDGE_MATRIX_DIRECT === "1";

// Results by caller, provider and case. One that nobody noted as good has failed.
export class Matrix {
  cells = [];
  began = performance.now();

  constructor(title) {
    this.title = title;
  }

  // `ok`, `failed`, or `cannot` with the reason why it cannot hold.
  note(caller, provider, name, outcome, reason) {
    let cell = this.cells.find((one) => one.caller === caller && one.provider === provider);
    if (!cell) {
      cell = { caller, provider, results: {} };
      this.cells.push(cell);
    }
    cell.results[name] = reason ? { outcome, reason } : { outcome };
  }

  // The table for people: a row for a caller and a provider, a column for a case.
  lines() {
    if (this.cells.length === 0) return [];
    const cases = this.cases();
    const rows = Math.max(...this.cells.map((cell) => title(cell).length));
    const lines = ["", this.title, " ".repeat(rows) + cases.map((name) => `  ${name}`).join("")];
    const notes = [];
    for (const cell of this.cells) {
      const words = cases.map((name) => word(cell.results[name], notes).padEnd(name.length));
      lines.push([title(cell).padEnd(rows), ...words].join("  ").trimEnd());
    }
    const count = this.cells.reduce((sum, { results }) => sum + Object.keys(results).length, 0);
    const seconds = ((performance.now() - this.began) / 1000).toFixed(1);
    const explained = notes.map((reason, at) => `[${at + 1}] ${reason}`);
    return [...lines, ...explained, `${count} cases in ${seconds} s`];
  }

  // The same for programs.
  told() {
    return { cases: this.cases(), cells: this.cells };
  }

  cases() {
    return [...new Set(this.cells.flatMap(({ results }) => Object.keys(results)))];
  }
}

// The chat's and the services' for programs, where `WEIGHBRIDGE_MATRIX` says to write them.
export async function write(chat, services) {
  const file = process.env.WEIGHBRIDGE_MATRIX;
  if (!file || chat.cells.length === 0) return;
  const sdks = Object.fromEntries(await Promise.all(SDKS.map(versionOf)));
  const whole = { direct: IS_DIRECT, sdks, ...chat.told(), services: services.told() };
  await writeFile(file, `${JSON.stringify(whole, null, 2)}\n`);
}

function title({ caller, provider }) {
  return `${caller} to ${provider}`;
}

function word(result, notes) {
  if (!result) return "-";
  if (result.outcome !== "cannot") return { ok: "ok", failed: "FAILED" }[result.outcome];
  if (!notes.includes(result.reason)) notes.push(result.reason);
  return `[${notes.indexOf(result.reason) + 1}]`;
}

// An SDK's name and the version that is installed.
async function versionOf(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return [name, JSON.parse(await readFile(file, "utf8")).version];
}
