// What every setup script shares: where things stand, how a step reports itself, and how one fails with advice.
// Only Node's own modules, because this runs before anything is installed.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Where the VS Code and the browser that this project fetches for itself are kept. Git ignores it. */
export const hostFolder = path.join(root, ".vscode-host");

/** A failure that a person can do something about: `message` says what failed and what to do, in a sentence. */
export class SetupError extends Error {}

/** What to do when npm could not fetch something. */
export const networkAdvice = "Check the network and npm's registry settings, then run the command again.";

/** Ends the process with the one sentence of a {@link SetupError}, or with the whole error where it is a defect of ours. */
export function fail(error) {
  console.error(error instanceof SetupError ? `\n${error.message}` : error);
  process.exit(1);
}

/** Runs `command` to its end and returns its output; what it printed is shown only when it fails. */
export function run(command, args, { cwd = root, env = process.env, advice } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const refuse = (reason) =>
      reject(
        new SetupError(`${stderr.trim().split("\n").slice(-20).join("\n")}\n${reason}${advice ? ` ${advice}` : ""}`),
      );
    child.on("error", (error) => refuse(`${command} could not be started (${error.message}).`));
    child.on("close", (code, signal) =>
      code === 0
        ? resolve(stdout)
        : refuse(`\`${[command, ...args].join(" ")}\` ended with ${signal ?? `code ${code}`}.`),
    );
  });
}

/** Runs npm under this very Node, or under `node`: native modules must be built for the Node that will load them. */
export function npm(args, { node = process.execPath, env = process.env, ...options } = {}) {
  const cli = process.env.npm_execpath;
  const nodeFirst = { ...env, PATH: path.dirname(node) + path.delimiter + env.PATH };
  return cli?.endsWith(".js")
    ? run(node, [cli, ...args], { ...options, env: nodeFirst })
    : run(process.platform === "win32" ? "npm.cmd" : "npm", args, { ...options, env: nodeFirst });
}

/** Says what is being done while it is done, since the first run of some steps takes a minute. */
export async function step(title, work) {
  const begin = Date.now();
  process.stderr.write(`${title} … `);
  try {
    const result = await work();
    process.stderr.write(`${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write("failed\n");
    throw error;
  }
}

/**
 * The folder `.vscode-host/<name>`, made by `fill` the first time. It appears only when it is complete, so that a run which
 * was interrupted, or two at once, never leave half of it behind.
 */
export async function folderOnce(name, fill) {
  const folder = path.join(hostFolder, name);
  if (existsSync(folder)) return folder;
  await mkdir(hostFolder, { recursive: true });
  await removeAbandoned();
  const partial = await mkdtemp(path.join(hostFolder, partialPrefix));
  try {
    await fill(partial);
    await rename(partial, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

const partialPrefix = ".partial-";

/** Removes what runs that were interrupted left behind; no run still fills a folder it began an hour ago. */
async function removeAbandoned() {
  for (const name of await readdir(hostFolder)) {
    const folder = path.join(hostFolder, name);
    if (!name.startsWith(partialPrefix) || Date.now() - (await stat(folder)).birthtimeMs < 3_600_000) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Unpacks `inside` of the npm package `name@version` into `folder`, after checking that it is byte for byte the one we know. */
export async function fetchPackage({ name, version, integrity, inside = "package" }, folder) {
  const [packed] = Object.values(
    JSON.parse(
      await npm(["pack", `${name}@${version}`, "--json", "--pack-destination", folder], { advice: networkAdvice }),
    ),
  );
  const archive = path.join(folder, packed.filename);
  if (packed.integrity !== integrity) {
    throw new SetupError(
      `${name}@${version} is not the package this project was tested with (${packed.integrity}): tell the maintainers.`,
    );
  }
  const depth = inside.split("/").length;
  await run("tar", ["-xzf", archive, "-C", folder, `--strip-components=${depth}`, inside], {
    advice: "A tar command is needed.",
  });
  await rm(archive);
}
