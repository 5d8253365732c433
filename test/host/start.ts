// `npm start [folder] [--no-open] [--profile=folder]`: VS Code from npm with Adjoint installed in it, for a person to use in
// their browser. Settings and open editors are kept in the profile.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensureVSCodeServer } from "../../scripts/vscodeServer.mjs";
import { fail, hostFolder, npm, root, SetupError, step } from "../../scripts/steps.mjs";
import { freePort } from "./ports.ts";
import { installExtension, startServer, type Server, type ServerOptions } from "./server.ts";

/** Tried first: the browser keeps layout and open editors by address, so the same one brings them back. */
const usualPort = 8137;

const { values, positionals } = readArguments();
const profile = path.resolve(values.profile ?? path.join(hostFolder, "profile"));
const options: ServerOptions = {
  dataFolder: path.join(profile, "data"),
  extensionsFolder: path.join(profile, "extensions"),
};

async function start(): Promise<void> {
  const folder = path.resolve(positionals[0] ?? path.join(root, "examples"));
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new SetupError(`${folder} is not a folder.`);

  const running: { server?: Server; stopping: boolean } = { stopping: false };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!running.server) process.exit(130);
      if (!running.stopping) console.log("\nStopping.");
      running.stopping = true;
      void running.server.stop();
    });
  }

  await ensureVSCodeServer();
  await installAdjoint();
  const server = await startServer({ ...options, port: await freePort(usualPort) });
  running.server = server;
  const first = path.join(folder, "formula.ts");
  const url = server.url({ folder, files: existsSync(first) ? [first] : [] });
  console.log(`\nAdjoint is open at ${url}\nCtrl-C stops it.`);
  if (!values["no-open"] && !process.env["CI"]) openBrowser(url);

  await server.ended;
  if (!running.stopping) {
    throw new SetupError(
      `VS Code ended by itself: ${path.join(options.dataFolder, "data", "logs")} says why. Run npm start again.`,
    );
  }
  process.exit(0);
}

function readArguments() {
  const options = { "no-open": { type: "boolean" }, profile: { type: "string" } } as const;
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    const [what] = (error as Error).message.split(". ", 1);
    return fail(new SetupError(`${what!}. npm start takes [folder] [--no-open] [--profile=folder].`));
  }
}

/** Packages and installs Adjoint, unless what is installed was packaged from the same files. */
async function installAdjoint(): Promise<void> {
  const stamp = path.join(profile, "installed");
  const hash = await packagedFiles();
  if ((await readFile(stamp, "utf8").catch(() => "")) === hash) return;
  await step("Installing Adjoint", async () => {
    await npm(["run", "package"], { advice: "The extension could not be packaged." });
    await installExtension(path.join(root, "adjoint.vsix"), options);
    await writeFile(stamp, hash);
  });
}

/** A hash of everything that goes into the package. */
async function packagedFiles(): Promise<string> {
  const hash = createHash("sha256");
  const files = globSync(["dist/**/*.*", "media/**/*.*", "package.json", "README.md", ".vscodeignore"], { cwd: root });
  for (const file of files.sort()) hash.update(file).update(await readFile(path.join(root, file)));
  return hash.digest("hex");
}

function openBrowser(url: string): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY) return;
  // Windows' explorer takes an address with a query for the name of a folder.
  const openers: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ["open"],
    win32: ["rundll32", "url.dll,FileProtocolHandler"],
  };
  const [command, ...args] = openers[process.platform] ?? ["xdg-open"];
  spawn(command!, [...args, url], { stdio: "ignore", detached: true })
    .on("error", () => console.log("No browser could be opened: open the address yourself."))
    .unref();
}

await start().catch(fail);
