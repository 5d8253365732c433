import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { findNode } from "../../scripts/node.mjs";
import { ensureVSCodeServer } from "../../scripts/vscodeServer.mjs";
import { calmSettings } from "./settings.ts";

export interface ServerOptions {
  /** Where this VS Code keeps settings, logs and state. */
  readonly dataFolder: string;
  /** Where its extensions are installed. */
  readonly extensionsFolder: string;
  /** False: the workspace opens in Restricted Mode, as a folder the person has not trusted does. Default true. */
  readonly trusted?: boolean;
  /** A person's settings, over the calm ones. Written only where there are none yet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** For tests: no connection token, and the driver that runs extension tests. */
  readonly testing?: boolean;
  /** The port to use if it is free. Default: any free one. */
  readonly port?: number;
}

export interface Location {
  /** The absolute path of the folder to open. */
  readonly folder: string;
  /** Files to open in it, absolute. */
  readonly files?: readonly string[];
  /** Further entries of VS Code's start-up payload. */
  readonly payload?: readonly (readonly [string, string])[];
}

export interface Server {
  readonly origin: string;
  /** The address that opens `location` in this VS Code. */
  url(location: Location): string;
  /** How VS Code in the browser names a file of this machine. */
  remote(file: string): string;
  /** Settles when the server has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends the server and every process it started. */
  stop(): Promise<void>;
}

const startLimit = 60_000;
/** How long the server may take to end in order before it is killed. */
const stopLimit = 3_000;

/** Starts VS Code from npm on the loopback interface. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const main = await ensureVSCodeServer();
  await prepareDataFolder(options);
  const token = options.testing ? undefined : randomBytes(16).toString("hex");
  const child = spawn(findNode(), [main, ...(await serverArguments(options, token))], {
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that stopping it reaches the extension host and the engines it started, and Ctrl-C only us.
    detached: process.platform !== "win32",
    env: serverEnvironment(),
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const killed = () => kill(child, "SIGKILL");
  process.once("exit", killed);
  void ended.then(() => process.off("exit", killed));

  const port = await listening(child);
  const authority = `127.0.0.1:${String(port)}`;
  const remote = (file: string) => `vscode-remote://${authority}${pathToFileURL(file).pathname}`;
  return {
    origin: `http://${authority}`,
    remote,
    url({ folder, files = [], payload = [] }) {
      const url = new URL(`http://${authority}/`);
      url.searchParams.set("folder", decodeURIComponent(pathToFileURL(folder).pathname));
      const entries = [...files.map((file) => ["openFile", remote(file)] as const), ...payload];
      if (entries.length > 0) url.searchParams.set("payload", JSON.stringify(entries));
      if (token) url.searchParams.set("tkn", token);
      // A colon and a slash may stand in a query as they are, and an address that people see should be readable.
      return url.href.replaceAll("%2F", "/").replaceAll("%3A", ":");
    },
    ended,
    async stop() {
      kill(child, "SIGTERM");
      const timer = setTimeout(killed, stopLimit);
      await ended;
      clearTimeout(timer);
      killed();
    },
  };
}

/** Installs a packaged extension, as a person would from its VSIX. */
export async function installExtension(vsix: string, options: ServerOptions): Promise<void> {
  const main = await ensureVSCodeServer();
  await prepareDataFolder(options);
  const folders = ["--server-data-dir", options.dataFolder, "--extensions-dir", options.extensionsFolder];
  const child = spawn(
    findNode(),
    [main, ...folders, "--accept-server-license-terms", "--force", "--install-extension", vsix],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`VS Code did not install ${vsix}:\n${output}`);
}

async function prepareDataFolder({
  dataFolder,
  extensionsFolder,
  trusted = true,
  settings = {},
}: ServerOptions): Promise<void> {
  const user = path.join(dataFolder, "data", "User");
  await mkdir(user, { recursive: true });
  await mkdir(extensionsFolder, { recursive: true });
  const file = path.join(user, "settings.json");
  if (existsSync(file)) return;
  const trust = trusted ? {} : { "security.workspace.trust.startupPrompt": "never" };
  await writeFile(file, `${JSON.stringify({ ...calmSettings, ...trust, ...settings }, undefined, 2)}\n`);
}

async function serverArguments(options: ServerOptions, token: string | undefined): Promise<string[]> {
  const { dataFolder, extensionsFolder, trusted = true, testing, port = 0 } = options;
  const common = [
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--accept-server-license-terms",
    "--telemetry-level",
    "off",
  ];
  common.push("--server-data-dir", dataFolder, "--extensions-dir", extensionsFolder);
  if (trusted) common.push("--disable-workspace-trust");
  if (testing) common.push("--enable-smoke-test-driver");
  if (!token) return [...common, "--without-connection-token"];
  // In a file, because every user of the machine can read a process's arguments.
  const file = path.join(dataFolder, "connection-token");
  await writeFile(file, token, { mode: 0o600 });
  return [...common, "--connection-token-file", file];
}

/** The server's extensions start processes too: what npm set for its own script must not reach them. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VSCODE_|^ELECTRON_/i.test(name));
  return { ...Object.fromEntries(kept), NODE_NO_WARNINGS: "1" };
}

/** The port the server listens on, once it does. */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    const give = (problem: string) => {
      kill(child, "SIGKILL");
      reject(new Error(`VS Code ${problem}:\n${output}`));
    };
    const timer = setTimeout(give, startLimit, "did not start within a minute");
    const read = (chunk: Buffer) => {
      if (output.length < 100_000) output += chunk.toString();
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (!port) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", (error) => give(`could not be started (${error.message})`));
    child.once("close", (code) => {
      clearTimeout(timer);
      give(`ended with code ${String(code)}`);
    });
  });
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // It has ended already.
  }
}
