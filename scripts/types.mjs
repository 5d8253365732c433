// The library's types in one file that needs no others: dist/adjoint.d.ts. The compiler is slow, so it runs only when a source
// is newer than what it made last.
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, root } from "./steps.mjs";

const target = path.join(root, "dist", "adjoint.d.ts");

/** What a model file may import, as a module of types. */
export async function libraryTypes() {
  if (await isCurrent()) return readFile(target, "utf8");
  const types = await rollUp(path.join(root, "engine", "library", "index.ts"), path.join(root, "tsconfig.json"));
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, types);
  return types;
}

async function rollUp(entry, config) {
  const { generateDtsBundle } = await import("dts-bundle-generator");
  // What is not exported by name stays hidden, as it is at run time.
  const output = { noBanner: true, exportReferencedTypes: false };
  const [types] = quietly(() => generateDtsBundle([{ filePath: entry, output }], { preferredConfigPath: config }));
  return types;
}

/** The generator narrates each step on stderr. */
function quietly(work) {
  const { warn, error, log } = console;
  const said = [];
  console.warn = console.error = console.log = (...parts) => said.push(parts.join(" "));
  try {
    return work();
  } catch (problem) {
    throw new Error(`The library's types could not be rolled up:\n${said.join("\n")}`, { cause: problem });
  } finally {
    Object.assign(console, { warn, error, log });
  }
}

async function isCurrent() {
  const made = await stat(target).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  for (const floor of ["tape", "primitives", "differentiate", "library"]) {
    const folder = path.join(root, "engine", floor);
    for (const file of await readdir(folder, { recursive: true })) {
      if ((await stat(path.join(folder, file))).mtimeMs > made) return false;
    }
  }
  return made > (await stat(fileURLToPath(import.meta.url))).mtimeMs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await libraryTypes().catch(fail);
