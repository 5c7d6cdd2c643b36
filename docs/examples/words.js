// A worker in JavaScript, without dependencies: two tools, several jobs at once, progress and cancellation.
// Standard output belongs to the protocol: for logs use console.error. See ../worker-protocol.md.
"use strict";
const readline = require("node:readline");
const { setTimeout: sleep } = require("node:timers/promises");

const tools = [
  {
    name: "count_words",
    description: "Count the lines, words and characters of a text.",
    input_schema: {
      type: "object",
      properties: { text: { type: "string", description: "What to count in." } },
      required: ["text"],
      additionalProperties: false,
    },
    output_schema: {
      type: "object",
      properties: {
        lines: { type: "integer" },
        words: { type: "integer" },
        characters: { type: "integer" },
      },
      required: ["lines", "words", "characters"],
    },
    read_only: true,
    cacheable: true,
  },
  {
    name: "countdown",
    description: "Count down to zero, ten steps a second.",
    input_schema: {
      type: "object",
      properties: { from: { type: "integer", minimum: 1, maximum: 100 } },
      required: ["from"],
      additionalProperties: false,
    },
    read_only: true,
  },
];

const run = {
  count_words: ({ text }) => ({
    lines: text.split("\n").length,
    words: text.split(/\s+/u).filter(Boolean).length,
    characters: [...text].length,
  }),
  async countdown({ from }, job) {
    for (let left = from; left > 0 && !job.cancelled; left--) {
      say({ type: "progress", id: job.id, done: from - left, total: from, message: `${left} to go` });
      await sleep(100);
    }
    return "Lift-off!";
  },
};

const running = new Map();
let draining = false;

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

async function answer(job) {
  running.set(job.id, job);
  try {
    const result = await run[job.tool](job.arguments, job);
    if (job.cancelled) say({ type: "failed", id: job.id, code: "cancelled", message: "cancelled" });
    else say({ type: "done", id: job.id, result, cache_for: null });
  } catch (error) {
    say({ type: "failed", id: job.id, code: "tool_failed", message: String(error) });
  }
  running.delete(job.id);
  leaveIfDone();
}

function leaveIfDone() {
  if (draining && running.size === 0) process.exit(0);
}

function take(line) {
  const message = JSON.parse(line);
  if (message.type === "job") answer(message);
  else if (message.type === "cancel" && running.has(message.id)) running.get(message.id).cancelled = true;
  else if (message.type === "ping") say({ type: "beat", n: message.n });
  else if (message.type === "drain") {
    draining = true;
    leaveIfDone();
  }
}

say({ type: "ready", kind: "words", pid: process.pid, capacity: 8, protocol: 1, tools });
setInterval(() => say({ type: "beat", rss: process.memoryUsage().rss, busy: running.size > 0 }), 1000);
readline.createInterface({ input: process.stdin }).on("line", take).on("close", () => process.exit(0));
