// Makes a fresh clone ready: packages, a Node that reads TypeScript, the build. The first command after a clone runs this, on
// whatever Node ≥ 20 there is and before anything is installed, and so does every later one, when nothing is left to do.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "./node.mjs";
import { fail, networkAdvice, npm, root, run, SetupError, step } from "./steps.mjs";

/** Installs what is missing and builds. Returns the Node to run the project with. */
export async function setup() {
  if (Number.parseInt(process.versions.node) < 20) {
    throw new SetupError(
      `Adjoint needs Node 20 or newer; this is ${process.versions.node}. Install a newer Node and run the command again.`,
    );
  }
  if (!(await packagesAreInstalled())) {
    await step("Installing packages", () => npm(["ci", "--no-audit", "--no-fund"], { advice: networkAdvice }));
  }
  const node = findNode();
  await run(node, [path.join(root, "scripts", "build.mjs")], { advice: "The sources do not build." });
  return node;
}

/** Whether `node_modules` holds exactly the versions that package-lock.json names, by the record npm itself keeps there. */
async function packagesAreInstalled() {
  const read = async (file) => JSON.parse(await readFile(path.join(root, file), "utf8")).packages;
  const installed = await read("node_modules/.package-lock.json").catch(() => undefined);
  if (!installed) return false;
  const wanted = Object.entries(await read("package-lock.json")).filter(([folder]) => folder !== "");
  return wanted.every(([folder, { version, optional }]) =>
    installed[folder] ? installed[folder].version === version : optional,
  );
}

/** Runs `script` with `args` on the project's own Node, which also comes first on the PATH of whatever it starts. */
export async function runScript(node, script, args) {
  const env = { ...process.env, PATH: path.dirname(node) + path.delimiter + process.env.PATH };
  const child = spawn(node, [path.join(root, script), ...args], { stdio: "inherit", env, cwd: root });
  // Ctrl-C reaches the child too, through the terminal; this process only waits for it to end in order.
  const pass = (signal) => child.kill(signal);
  process.on("SIGINT", () => {});
  process.on("SIGTERM", pass);
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup().catch(fail);
