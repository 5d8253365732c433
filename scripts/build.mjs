// Builds dist/ from the sources. `--watch` rebuilds on every change.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import { fail, root, SetupError } from "./steps.mjs";
import { libraryTypes } from "./types.mjs";

const watch = process.argv.includes("--watch");
const dist = path.join(root, "dist");

const shared = { absWorkingDir: root, bundle: true, logLevel: "warning", legalComments: "none", metafile: true };

/** Everything that Node loads as a module. One build, so that engine, command and library share one instance of every module. */
const node = {
  ...shared,
  entryPoints: entries({
    engine: "engine/process/server.ts",
    cli: "engine/cli/main.ts",
    adjoint: "engine/library/index.ts",
  }),
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunk-[hash]",
  platform: "node",
  format: "esm",
  splitting: true,
  // The command starts on whatever Node a person has, and looks for a newer one itself.
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  // Packages in the older module format call `require` for Node's own modules.
  banner: {
    js: 'import { createRequire as createRequire_ } from "node:module"; const require = createRequire_(import.meta.url);',
  },
};

const extension = {
  ...shared,
  entryPoints: entries({ extension: "extension/extension.ts" }),
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  platform: "node",
  format: "cjs",
  target: "node22",
  external: ["vscode"],
  // Where a package has its sources as modules too, esbuild can follow their imports.
  mainFields: ["module", "main"],
  minify: true,
};

const webview = {
  ...shared,
  entryPoints: entries({
    main: "webview/main.ts",
    training: "webview/training/main.ts",
    layoutWorker: "webview/graph/layoutWorker.ts",
  }),
  outdir: "dist/webview",
  platform: "browser",
  format: "iife",
  target: "es2022",
  minify: true,
  loader: { ".ttf": "file", ".svg": "dataurl" },
};

async function writeTypes() {
  if (!existsSync(path.join(root, "engine/library/index.ts"))) return;
  await libraryTypes().catch(({ message }) => {
    throw new SetupError(message);
  });
}

/** The entries whose source exists, as esbuild wants them. */
function entries(sources) {
  return Object.entries(sources)
    .filter(([, file]) => existsSync(path.join(root, file)))
    .map(([out, file]) => ({ in: file, out }));
}

async function copyAssets() {
  const modules = path.join(root, "node_modules");
  await mkdir(path.join(dist, "typescript-language-server"), { recursive: true });
  await mkdir(path.join(dist, "webview"), { recursive: true });
  for (const [from, to] of [
    ["typescript-language-server/lib/cli.mjs", "typescript-language-server/cli.mjs"],
    ["typescript-language-server/package.json", "typescript-language-server/package.json"],
    ["typescript-language-server/LICENSE", "typescript-language-server/LICENSE"],
    ["@vscode/codicons/dist/codicon.css", "webview/codicon.css"],
    ["@vscode/codicons/dist/codicon.ttf", "webview/codicon.ttf"],
  ]) {
    await cp(path.join(modules, from), path.join(dist, to));
  }
}

/** What only a finished Node build can do: drop the shared chunks of earlier builds, make the command executable. */
const finish = {
  name: "finish",
  setup(build) {
    build.onEnd(async ({ metafile, errors }) => {
      if (!metafile || errors.length > 0) return;
      const built = new Set(Object.keys(metafile.outputs).map((file) => path.basename(file)));
      const stale = (await readdir(dist)).filter((file) => /^chunk-.*\.mjs$/.test(file) && !built.has(file));
      await Promise.all(stale.map((file) => rm(path.join(dist, file), { force: true })));
      if (!built.has("cli.mjs")) return;
      const command = path.join(dist, "cli.mjs");
      const text = await readFile(command, "utf8");
      if (!text.startsWith("#!")) await writeFile(command, `#!/usr/bin/env node\n${text}`);
      await chmod(command, 0o755);
    });
  },
};

async function build() {
  await copyAssets();
  const builds = [{ ...node, plugins: [finish] }, extension, webview].filter(
    ({ entryPoints }) => entryPoints.length > 0,
  );
  if (watch) {
    for (const options of builds) await (await esbuild.context({ ...options, logLevel: "info" })).watch();
    return;
  }
  const results = await Promise.allSettled([...builds.map((options) => esbuild.build(options)), writeTypes()]);
  const failures = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
  // esbuild has already printed what is wrong and where.
  if (failures.length > 0)
    throw failures.find((reason) => reason instanceof SetupError) ?? new SetupError("The build failed.");
}

await build().catch(fail);
