import { spawn, type ChildProcess } from "node:child_process";
import { pathToFileURL } from "node:url";
import {
  CancellationTokenSource,
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";

export interface LanguageServerOptions {
  /** The path of typescript-language-server's `cli.mjs`. */
  readonly program: string;
  /** The path of the `tsserver.js` it is to use, of TypeScript 5 or 6. */
  readonly typescript: string;
  /** The workspace's folder. */
  readonly folder: string;
  /** The Node that runs it; its version must be at least {@link minimumNode}. Default: the one that runs this. */
  readonly node?: string;
  /** Told in one sentence what the server does that a person may want to know: its start, a crash, its stop. */
  readonly log?: (sentence: string) => void;
  readonly times?: Partial<Times>;
}

export interface Times {
  /** The server is stopped when nothing was asked for this long, in milliseconds. */
  readonly idle: number;
  /** A question that takes longer is given up, in milliseconds. */
  readonly answer: number;
  /** How long to wait before starting again after a failure; twice as long after each further one. */
  readonly backOff: number;
  /** The longest such wait. */
  readonly longestBackOff: number;
}

/** What typescript-language-server 6 needs. */
export const minimumNode = [22, 22] as const;

const defaultTimes: Times = { idle: 5 * 60_000, answer: 15_000, backOff: 2_000, longestBackOff: 5 * 60_000 };

/** How long the server may take to end in order before it is killed. */
const stopLimit = 2_000;
/** Enough for large workspaces, and a bound for runaway ones, in MiB. */
const memoryLimit = 2_048;
/** The server keeps what it was last asked about in memory; older documents it reads from disk again. */
const openDocuments = 8;

export class LanguageServerUnavailable extends Error {}

/** The text a question is about, which may be newer than what is on disk. */
export interface Document {
  readonly file: string;
  readonly text: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  /** By address; in the order in which they were last asked about. */
  readonly documents: Map<string, { version: number; text: string }>;
}

/**
 * typescript-language-server in a process of its own. It starts with the first question, stops when nothing is asked any
 * more, and starts again after a crash, later each time.
 */
export class LanguageServer {
  readonly #options: LanguageServerOptions;
  readonly #times: Times;
  #running: Promise<Running> | undefined;
  #failures = 0;
  #notBefore = 0;
  #pending = 0;
  #idle: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: LanguageServerOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
  }

  /** The id of the server's process while there is one. */
  async process(): Promise<number | undefined> {
    return (await this.#running?.catch(() => undefined))?.child.pid;
  }

  /**
   * Asks the TypeScript server behind it, in that server's own protocol (lines and offsets count from 1), about `document`.
   * @throws LanguageServerUnavailable when there is no answer, for whatever reason
   */
  async ask(command: string, document: Document, parameters: object = {}): Promise<unknown> {
    this.#pending++;
    clearTimeout(this.#idle);
    try {
      const running = await this.#start();
      const file = synchronise(running, document);
      const request = { command: "typescript.tsserverRequest", arguments: [command, { ...parameters, file }] };
      const answer = await this.#answer(running, "workspace/executeCommand", request);
      this.#failures = 0;
      return (answer as { body?: unknown } | undefined)?.body;
    } catch (error) {
      throw error instanceof LanguageServerUnavailable
        ? error
        : new LanguageServerUnavailable(String(error), { cause: error });
    } finally {
      this.#pending--;
      this.#rest();
    }
  }

  /** Ends the server for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#end();
  }

  #start(): Promise<Running> {
    if (this.#stopped) return Promise.reject(new LanguageServerUnavailable("The language server was stopped."));
    if (this.#running) return this.#running;
    const wait = this.#notBefore - Date.now();
    if (wait > 0) {
      return Promise.reject(
        new LanguageServerUnavailable(`The language server failed and starts again in ${Math.ceil(wait / 1000)} s.`),
      );
    }
    const starting = this.#launch();
    this.#running = starting;
    const failed = () => this.#failed(starting);
    starting.then(({ ended }) => ended, failed).then(failed, failed);
    return starting;
  }

  async #launch(): Promise<Running> {
    const { program, typescript, folder, node = process.execPath, log } = this.#options;
    const begin = Date.now();
    const child = spawn(node, [program, "--stdio"], {
      stdio: ["pipe", "pipe", "ignore"],
      // In VS Code, execPath is the editor itself, which this turns into a Node.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
      windowsHide: true,
    });
    const connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    connection.onError(() => child.kill("SIGKILL"));
    connection.listen();
    const ended = new Promise<void>((resolve) => {
      const end = () => {
        // Rejects whatever is still waiting for an answer.
        connection.dispose();
        resolve();
      };
      child.once("error", end);
      child.once("close", end);
    });
    const running: Running = { child, connection, ended, documents: new Map() };
    try {
      await this.#answer(running, "initialize", {
        processId: process.pid,
        rootUri: pathToFileURL(folder).href,
        capabilities: {},
        initializationOptions: {
          // Without these two it downloads type packages and keeps a second server for syntax: slower and twice the memory.
          disableAutomaticTypingAcquisition: true,
          tsserver: { path: typescript, useSyntaxServer: "never" },
          maxTsServerMemory: memoryLimit,
        },
      });
      await connection.sendNotification("initialized", {});
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    log?.(`The TypeScript language server started in ${Date.now() - begin} ms, with ${typescript}.`);
    return running;
  }

  /** The answer to one request, or an error once it takes too long. */
  async #answer({ connection }: Running, method: string, parameters: object): Promise<unknown> {
    const cancellation = new CancellationTokenSource();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        cancellation.cancel();
        reject(
          new LanguageServerUnavailable(`The language server did not answer within ${this.#times.answer / 1000} s.`),
        );
      }, this.#times.answer);
    });
    try {
      return await Promise.race([connection.sendRequest(method, parameters, cancellation.token), late]);
    } finally {
      clearTimeout(timer);
      cancellation.dispose();
    }
  }

  /** Forgets a server that did not start, or that ended without being told to. */
  #failed(server: Promise<Running>): void {
    if (this.#running !== server) return;
    this.#running = undefined;
    const wait = Math.min(this.#times.backOff * 2 ** this.#failures++, this.#times.longestBackOff);
    this.#notBefore = Date.now() + wait;
    this.#options.log?.(
      `The TypeScript language server ended by itself; it may start again in ${Math.ceil(wait / 1000)} s.`,
    );
  }

  #rest(): void {
    if (this.#pending > 0 || !this.#running || this.#stopped) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#options.log?.("The TypeScript language server was stopped: nothing was asked of it for a while.");
      void this.#end();
    }, this.#times.idle);
    this.#idle.unref();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const server = this.#running;
    this.#running = undefined;
    const running = await server?.catch(() => undefined);
    if (!running) return;
    const { child, connection, ended } = running;
    const timer = setTimeout(() => child.kill("SIGKILL"), stopLimit);
    try {
      // In order, so that it ends the TypeScript server that it started itself.
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
    } catch {
      // It has ended already.
    }
    await ended;
    clearTimeout(timer);
  }
}

/** Gives the server the text of `document` where it does not have it yet; returns its address. */
function synchronise({ connection, documents }: Running, { file, text }: Document): string {
  const uri = pathToFileURL(file).href;
  const known = documents.get(uri);
  documents.delete(uri);
  if (!known) {
    const languageId = /\.[cm]?jsx?$/.test(file) ? "javascript" : "typescript";
    void connection.sendNotification("textDocument/didOpen", { textDocument: { uri, languageId, version: 1, text } });
    documents.set(uri, { version: 1, text });
  } else {
    const version = known.text === text ? known.version : known.version + 1;
    if (version !== known.version) {
      void connection.sendNotification("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    }
    documents.set(uri, { version, text });
  }
  for (const oldest of documents.keys()) {
    if (documents.size <= openDocuments) break;
    documents.delete(oldest);
    void connection.sendNotification("textDocument/didClose", { textDocument: { uri: oldest } });
  }
  return uri;
}
