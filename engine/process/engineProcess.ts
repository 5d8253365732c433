/** One child process that is an engine: its channel, its output, and how it ended. */
import { fork, type ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";
import type { Readable } from "node:stream";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ErrorCodes,
  ResponseError,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import type { Executor } from "../execute/executor.ts";
import { ask, listen, type LastWords } from "./channel.ts";
import type { Limits, Method, Notifications, Questions } from "./protocol.ts";
import { answerCall } from "./remoteExecutor.ts";
import type { ExecutorCall } from "./trainingProtocol.ts";

export interface ProcessOptions {
  /** The module that the process runs: dist/engine.mjs, or server.ts of this folder. */
  readonly engine: string;
  /** The Node that runs it, or an editor's executable. By default the one of this process. */
  readonly node?: string;
  /** What the model prints, in whole lines. */
  readonly onOutput?: (text: string) => void;
  /** Others come first: it gets what time of the processor they leave. */
  readonly background?: boolean;
}

/** The process went away, with or without having been told to. */
export class ProcessEnded extends Error {
  readonly ending: Ending;
  constructor(ending: Ending) {
    super("The engine process has ended.");
    this.name = "ProcessEnded";
    this.ending = ending;
  }
}

/** How a process ended, as far as can be seen from outside. */
export interface Ending {
  readonly lastWords: LastWords;
  /** V8 found no more room in the heap. */
  readonly outOfMemory: boolean;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  readonly errorOutput: string;
  /** The last progress it reported. */
  readonly progress?: Notifications["progress"];
}

/** Kept of stderr. */
const keptErrorOutput = 8192;

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #connection: MessageConnection;
  readonly #ended: Promise<Ending>;
  #ending: Ending | undefined;
  #progress: Notifications["progress"] | undefined;
  #ready = false;
  #killed: LastWords | undefined;
  onProgress: ((progress: Notifications["progress"]) => void) | undefined;
  onTraining: ((progress: Notifications["training"]) => void) | undefined;
  /** Runs steps in the engine's place. */
  executor: Executor | undefined;

  constructor(options: ProcessOptions, limits: Limits) {
    const heapMiB = Math.max(64, Math.round(limits.memoryBytes / 2 ** 20));
    this.#child = fork(options.engine, [], {
      ...(options.node === undefined ? {} : { execPath: options.node }),
      execArgv: ["--no-warnings", `--max-old-space-size=${heapMiB}`],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "" },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
    });
    if (options.background === true) putBehindOthers(this.#child.pid);
    // What Node says of a process that cannot even begin is no output of a model.
    const early: string[] = [];
    const output = (text: string): void => {
      if (this.#ready) options.onOutput?.(text);
      else early.push(text);
    };
    this.#ended = this.#watch(output);
    this.#connection = createMessageConnection(new IPCMessageReader(this.#child), new IPCMessageWriter(this.#child));
    // The channel's errors are the process's end, of which #ended tells.
    this.#connection.onError(() => undefined);
    listen(this.#connection, "progress", (progress) => {
      this.#progress = progress;
      this.onProgress?.(progress);
    });
    // What is said before anything else: that the process is up.
    listen(this.#connection, "ready", () => {
      this.#ready = true;
      for (const text of early.splice(0)) output(text);
    });
    listen(this.#connection, "training", (progress) => this.onTraining?.(progress));
    this.#connection.onRequest("execute", (call: ExecutorCall) => {
      if (this.executor === undefined) throw new Error("There is no executor to run steps with.");
      return answerCall(this.executor, call).catch((error: unknown) => {
        // Of another error the channel would send words of its own.
        throw new ResponseError(ErrorCodes.InternalError, error instanceof Error ? error.message : String(error));
      });
    });
    this.#connection.listen();
  }

  get ended(): Promise<Ending> {
    return this.#ended;
  }

  get alive(): boolean {
    return this.#ending === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Rejects with ProcessEnded when the process ends before it has answered. */
  async ask<M extends Method>(method: M, params: Questions[M][0]): Promise<Questions[M][1]> {
    const ended = this.#ended.then((ending): never => {
      throw new ProcessEnded(ending);
    });
    if (this.#ending !== undefined) return ended;
    const asked = ask(this.#connection, method, params).then(
      // Whoever has ended the process no longer waits for what was on its way then.
      (answer) => (this.#killed === undefined ? answer : ended),
      (error: unknown) => {
        // A channel that breaks is a process that ends: wait to hear how.
        if (!this.alive || !this.#child.connected) return ended;
        throw error;
      },
    );
    // JSON-RPC makes null of undefined.
    return (await Promise.race([asked, ended])) ?? undefined;
  }

  /** Ends it. With the reason why it is told of as if it had said so itself, unless it did. */
  kill(code?: LastWords["code"]): void {
    this.#killed ??= code === undefined ? {} : { code };
    this.#child.kill("SIGKILL");
  }

  /** Lets the program that started this process end while it is idle. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    for (const stream of this.#child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  #watch(output: (text: string) => void): Promise<Ending> {
    let errorOutput = "";
    let lastWords = "";
    const [, stdout, stderr, , words] = this.#child.stdio as unknown as Readable[];
    let crashing = false;
    forEachLine(stdout!, output);
    forEachLine(stderr!, (line) => {
      errorOutput = (errorOutput + line).slice(-keptErrorOutput);
      // V8's account of its own end is no output of the model.
      crashing ||= /^(?:<--- Last few GCs|FATAL ERROR: |#\n|# Fatal )/.test(line);
      if (!crashing && line.trim() !== "") output(line);
    });
    words!.setEncoding("utf8").on("data", (text: string) => (lastWords += text));
    for (const stream of [stdout!, stderr!, words!]) stream.on("error", () => undefined);

    return new Promise((resolve) => {
      const settle = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
        this.#ending ??= {
          lastWords: { ...this.#killed, ...wordsIn(lastWords) },
          outOfMemory: /JavaScript heap out of memory|Allocation failed - process out of memory/.test(errorOutput),
          exitCode,
          signal,
          errorOutput,
          ...(this.#progress === undefined ? {} : { progress: this.#progress }),
        };
        resolve(this.#ending);
        this.#connection.dispose();
      };
      this.#child.on("close", settle);
      this.#child.on("error", (error) => {
        errorOutput += error.message;
        if (this.#child.pid === undefined) settle(null, null);
      });
    });
  }
}

function wordsIn(text: string): LastWords {
  const words: LastWords = {};
  for (const line of text.split("\n")) {
    try {
      Object.assign(words, JSON.parse(line));
    } catch {
      // The process may end within a line.
    }
  }
  return words;
}

/** Calls `use` with whole lines, and with what is left at the end. */
function forEachLine(stream: Readable, use: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) use(`${line}\n`);
  });
  stream.on("end", () => {
    if (rest !== "") use(`${rest}\n`);
  });
}

function putBehindOthers(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where that isn't allowed, or it has ended already, it runs as any other.
  }
}
