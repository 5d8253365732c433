import path from "node:path";
import { applyEdits, findNodeAtLocation, modify, parseTree } from "jsonc-parser";
import { firstModel } from "./firstModel.ts";
import {
  ancestors,
  covers,
  excludes,
  nearestConfig,
  readConfig,
  SetUpProblem,
  sourceFolder,
  type Read,
  type TypeScriptConfig,
} from "./typescriptConfig.ts";

export { SetUpProblem, type Read } from "./typescriptConfig.ts";

export interface SetUpRequest {
  /** The workspace's folder. */
  readonly folder: string;
  /** The file that is to find the types. Undefined: whatever models the workspace will have. */
  readonly file?: string;
  /** The library's types as a module, and its version. */
  readonly types: string;
  readonly version: string;
  readonly read: Read;
}

export interface Change {
  readonly file: string;
  readonly text: string;
  /** Whether the file exists already; its text is then replaced. */
  readonly exists: boolean;
  /** What it is for, for a person to read before it is done. */
  readonly sentence: string;
}

export interface Plan {
  /** Nothing to do when empty. */
  readonly changes: readonly Change[];
  /** A first model, to be offered where there is none yet. */
  readonly model: Change | undefined;
  /** Where the types are found when there is nothing to do. */
  readonly found?: string;
}

const typesName = "adjoint.d.ts";
const mark = "written by the command “Adjoint: Set Up This Workspace”";

/**
 * What it takes for `import { … } from "adjoint"` to type-check in a folder. The types are one file, `types/adjoint.d.ts`:
 * `node_modules` would lose it with the next install. A configuration that does not cover it is told of it; where there is
 * none, a small one is made, because TypeScript looks at a declaration nobody imports only if a configuration covers it.
 * @throws SetUpProblem where a person has to mend something first
 */
export function planSetUp(request: SetUpRequest): Plan {
  const { folder, file, read } = request;
  const start = file ? path.dirname(file) : folder;
  const installed = ancestors(start)
    .map((above) => path.join(above, "node_modules", "adjoint", "package.json"))
    .find((candidate) => read(candidate) !== undefined);
  if (installed) return { changes: [], model: undefined, found: path.dirname(installed) };

  const nearest = nearestConfig(start, folder, read);
  if (nearest === undefined) {
    const config = path.join(folder, "tsconfig.json");
    const created = {
      file: config,
      text: newConfig,
      exists: false,
      sentence: "Create tsconfig.json: strict TypeScript, checked but not compiled",
    };
    return { changes: [created, ...typesChange(request, folder)], model: modelIn(folder, read) };
  }
  const config = responsible(readConfig(nearest, read), file, read);
  if (config.mapped.includes("adjoint")) return { changes: [], model: undefined, found: config.file };
  const here = path.dirname(config.file);
  return {
    changes: [...typesChange(request, here), ...configChange(request, config), ...referenceChange(request, config)],
    model: file ? undefined : modelIn(sourceFolder(config), read),
  };
}

/** The library's types as a declaration that needs no resolving: found wherever a program covers it. */
export function ambientTypes(types: string, version: string): string {
  const indented = types
    .replace(/^(export )?declare /gm, "$1")
    .trim()
    .replace(/^(?=.)/gm, "  ");
  return `// The types of adjoint ${version}, ${mark}.\n// Run it again to update them; changes made here are then lost.\n\ndeclare module "adjoint" {\n${indented}\n}\n`;
}

const newConfig = `{
  "compilerOptions": {
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true
  }
}
`;

/** The configuration that a file belongs to, where `config` may only gather others. */
function responsible(config: TypeScriptConfig, file: string | undefined, read: Read): TypeScriptConfig {
  if (config.references.length === 0 || (file && covers(config, file))) return config;
  const gathersOnly = config.files?.length === 0 && config.include === undefined;
  if (!file && !gathersOnly) return config;
  const gathered = config.references
    .filter((reference) => read(reference) !== undefined)
    .map((reference) => readConfig(reference, read));
  return (file ? gathered.find((candidate) => covers(candidate, file)) : gathered[0]) ?? config;
}

function typesChange({ types, version, read }: SetUpRequest, folder: string): Change[] {
  const file = path.join(folder, "types", typesName);
  const text = ambientTypes(types, version);
  const before = read(file);
  if (before === text) return [];
  if (before === undefined)
    return [{ file, text, exists: false, sentence: `Create types/${typesName}: the types of adjoint ${version}` }];
  if (!before.includes(mark)) {
    throw new SetUpProblem(`types/${typesName} exists and is not Adjoint's: move or rename it, then set up again.`);
  }
  return [{ file, text, exists: true, sentence: `Update types/${typesName} to adjoint ${version}` }];
}

function configChange({ folder, read }: SetUpRequest, config: TypeScriptConfig): Change[] {
  const here = path.dirname(config.file);
  const types = path.join(here, "types", typesName);
  if (covers(config, types)) return [];
  const text = read(config.file)!;
  const relative = `types/${typesName}`;
  const name = slashed(path.relative(folder, config.file));
  if (excludes(config, types))
    throw new SetUpProblem(`${name} excludes types/: take it out of "exclude", then set up again.`);
  // `files` adds to an `include` that a base states, while an `include` of its own would replace that one.
  const key = config.statesInclude ? "include" : "files";
  const inherited = (config.files ?? []).map((file) => slashed(path.relative(here, file)));
  return [
    {
      file: config.file,
      text: withEntry(text, key, relative, inherited),
      exists: true,
      sentence: `Add "${relative}" to "${key}" in ${name}`,
    },
  ];
}

/** `text` with one more entry at the end of the list `key`, or with a list of `before` and it where there is none. */
function withEntry(text: string, key: string, entry: string, before: readonly string[]): string {
  const tree = parseTree(text);
  const list = tree && findNodeAtLocation(tree, [key]);
  const last = list?.children?.at(-1);
  if (!list || !last)
    return applyEdits(text, modify(text, [key], [...before, entry], { formattingOptions: layout(text) }));
  // After the last entry's own line, where there is one, so that a comment beside it stays beside it.
  const end = last.offset + last.length;
  const rest = text.slice(end, list.offset + list.length - 1);
  const lineEnd = rest.search(/\r?\n/);
  const comma = /^\s*,/.test(rest) ? "" : ",";
  if (lineEnd < 0) return `${text.slice(0, end)}, "${entry}"${text.slice(end)}`;
  const lineStart = text.lastIndexOf("\n", last.offset) + 1;
  const indentation = /^\s*/.exec(text.slice(lineStart))![0];
  const { eol } = layout(text);
  return `${text.slice(0, end)}${comma}${rest.slice(0, lineEnd)}${eol}${indentation}"${entry}"${text.slice(end + lineEnd)}`;
}

function layout(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const tabSize = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return { insertSpaces: !/^\t/m.test(text), tabSize, eol: text.includes("\r\n") ? "\r\n" : "\n" };
}

/** A file outside every program is checked by itself: then it has to name the types. */
function referenceChange({ file, read }: SetUpRequest, config: TypeScriptConfig): Change[] {
  if (!file || covers(config, file)) return [];
  const text = read(file) ?? "";
  const types = path.join(path.dirname(config.file), "types", typesName);
  const relative = slashed(path.relative(path.dirname(file), types));
  const directive = `/// <reference path="${relative.startsWith(".") ? relative : `./${relative}`}" />`;
  if (text.includes(directive)) return [];
  const head = /^(?:\uFEFF|#!.*\r?\n)*/.exec(text)![0];
  const added = `${head}${directive}\n${text.slice(head.length)}`;
  const sentence = `Name the types in ${path.basename(file)}, which ${path.basename(config.file)} does not cover`;
  return [{ file, text: added, exists: true, sentence }];
}

function modelIn(folder: string, read: Read): Change | undefined {
  const file = path.join(folder, "model.ts");
  if (read(file) !== undefined) return undefined;
  return { file, text: firstModel, exists: false, sentence: `Create ${path.basename(file)}: a first model` };
}

function slashed(file: string): string {
  return file.split(path.sep).join("/");
}
