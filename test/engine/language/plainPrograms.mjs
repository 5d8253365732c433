// Runs the program named on the command line as Node does, TypeScript as TypeScript itself compiles it.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };

registerHooks({
  load(url, context, nextLoad) {
    if (!/\.m?ts$/.test(url)) return nextLoad(url, context);
    const text = readFileSync(fileURLToPath(url), "utf8");
    return { format: "module", source: ts.transpileModule(text, { compilerOptions }).outputText, shortCircuit: true };
  },
});

await import(pathToFileURL(process.argv[2]).href);
