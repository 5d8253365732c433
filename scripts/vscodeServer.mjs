// VS Code from npm: code-server's package carries a complete VS Code server. Only that part of it is kept.
import { access } from "node:fs/promises";
import path from "node:path";
import { findNode } from "./node.mjs";
import { fetchPackage, folderOnce, networkAdvice, npm, step } from "./steps.mjs";

const codeServer = {
  name: "code-server",
  version: "4.139.1",
  integrity: "sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==",
  inside: "package/lib/vscode",
};

const lean = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];

/** The path of VS Code's `server-main.js`, fetched from npm the first time (600 MB on disk). */
export async function ensureVSCodeServer() {
  const folder = await folderOnce(`vscode-${codeServer.version}`, (partial) =>
    step("Fetching VS Code", async () => {
      await fetchPackage(codeServer, partial);
      await npm(["install", ...lean], { cwd: partial, advice: networkAdvice });
      await npm(["ci", ...lean], { cwd: path.join(partial, "extensions"), advice: networkAdvice });
      await buildNativeModules(partial);
    }),
  );
  return path.join(folder, "out", "server-main.js");
}

/** VS Code runs without these, with warnings in its log and no terminal, so a machine without a compiler is no reason to fail. */
async function buildNativeModules(folder) {
  const node = findNode();
  const headers = path.join(path.dirname(path.dirname(node)), "include", "node");
  const env = { ...process.env };
  if (
    await access(headers).then(
      () => true,
      () => false,
    )
  )
    env.npm_config_nodedir = path.dirname(path.dirname(headers));
  const modules = ["@vscode/spdlog", "@vscode/native-watchdog", "@parcel/watcher", "node-pty"];
  await npm(["rebuild", "--ignore-scripts=false", ...modules], { cwd: folder, node, env }).catch(() => {});
}
