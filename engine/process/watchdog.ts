/**
 * Ends this process when its run takes too long or too much memory. It looks from a thread of its own, because the main
 * thread may be in an endless loop; what that thread was doing it knows from a few words of shared memory.
 */
import { Worker } from "node:worker_threads";
import type { SiteTable } from "../tape/site.ts";
import { lastWordsDescriptor } from "./channel.ts";
import type { Limits } from "./protocol.ts";

/** Often enough that memory filled at several GB/s stays within reach of the limit. */
const lookEveryMs = 25;

export class Watchdog {
  /** In shared memory: the site of the call or loop turn that was entered last. Whoever enters one writes it here. */
  readonly heartbeat: Int32Array<SharedArrayBuffer>;
  readonly #limits: Float64Array;
  /** In shared memory: how many turns the event loop has had. A program that still waits then does not compute. */
  readonly #turns: Float64Array;
  #counting: NodeJS.Timeout | undefined;
  readonly #worker: Worker;
  #sent = 0;

  constructor() {
    const memory = new SharedArrayBuffer(32);
    this.#limits = new Float64Array(memory, 0, 2).fill(Infinity);
    this.heartbeat = new Int32Array(memory, 16, 1);
    this.#turns = new Float64Array(memory, 24, 1);
    this.#worker = new Worker(watch, { eval: true, workerData: { memory, lookEveryMs, lastWordsDescriptor } });
    this.#worker.unref();
  }

  /** Starts the clock. */
  arm(limits: Limits): void {
    this.#limits[0] = Date.now() + limits.wallClockMs;
    this.#limits[1] = limits.memoryBytes;
    this.#counting ??= setInterval(() => this.#turns[0]!++, lookEveryMs).unref();
  }

  /** Where the calls and loops of what is about to run stand, so that the thread can say where the program was. */
  running(sites: SiteTable): void {
    const places = [];
    for (let site = Math.max(1, this.#sent); site < sites.length; site++) {
      const { kind, file, line, column, endLine, endColumn } = sites.get(site);
      if (kind === "call" || kind === "iteration") places.push([site, { file, line, column, endLine, endColumn }]);
    }
    this.#sent = sites.length;
    this.heartbeat[0] = 0;
    this.#worker.postMessage(places);
  }

  /** Stops the clock. Answering questions may take as much memory again as the run did. */
  disarm(): void {
    this.#limits[0] = Infinity;
    this.#limits[1]! *= 2;
    clearInterval(this.#counting);
    this.#counting = undefined;
  }
}

const watch = `
const { writeSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
const { memory, lookEveryMs, lastWordsDescriptor } = workerData;
const limits = new Float64Array(memory, 0, 2);
const heartbeat = new Int32Array(memory, 16, 1);
const turns = new Float64Array(memory, 24, 1);
const places = new Map();
// How many looks ago the event loop had its turn, not how long: on a busy machine both threads wait.
let turnsBefore = 0;
let looks = 0;
const parent = process.ppid;
parentPort.on("message", (added) => {
  for (const [site, source] of added) places.set(site, source);
});
function end(code) {
  const words = { code, source: places.get(heartbeat[0]) };
  try { writeSync(lastWordsDescriptor, JSON.stringify(words) + "\\n"); } catch {}
  process.kill(process.pid, "SIGKILL");
}
setInterval(() => {
  looks = turns[0] === turnsBefore ? looks + 1 : 0;
  turnsBefore = turns[0];
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  if (process.memoryUsage.rss() > limits[1]) end("memory-limit");
  else if (Date.now() > limits[0]) end(looks < 4 ? "still-waiting" : "time-limit");
}, lookEveryMs);
`;
