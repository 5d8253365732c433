import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import {
  colors,
  commands,
  contexts,
  extensionId,
  hiddenCommands,
  languages,
  settingsSection,
  views,
  walkthrough,
} from "../../extension/ids.ts";

interface Menu {
  readonly command: string;
  readonly when?: string;
}

interface Media {
  /** One for all themes, or one for each. */
  readonly image?: string | Readonly<Record<"dark" | "light" | "hc" | "hcLight", string>>;
  readonly markdown?: string;
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly Menu[]>>;
    readonly keybindings: readonly Menu[];
    readonly colors: readonly { readonly id: string }[];
    readonly configuration: readonly {
      readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    }[];
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly { readonly description: string; readonly media: Media }[];
    }[];
  };
}

const root = path.join(import.meta.dirname, "..", "..");
const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as Manifest;
const { contributes } = manifest;

test("package.json and the table of ids name the same commands", () => {
  assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), Object.values(commands).sort());
  assert.ok(contributes.commands.every(({ category }) => category === "Adjoint"));
});

test("menus, keybindings and walkthrough use commands that exist", () => {
  const known = new Set<string>(Object.values(commands));
  const links = contributes.walkthroughs.flatMap(({ steps }) =>
    steps.flatMap(({ description }) => [...description.matchAll(/command:([\w.]+)/g)].map((match) => match[1]!)),
  );
  const used = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(({ command }) => command);
  assert.deepEqual(
    [...used, ...links].filter((command) => !known.has(command) && !command.startsWith("workbench.")),
    [],
  );
});

test("commands that need arguments are not in the palette", () => {
  const hidden = contributes.menus["commandPalette"]!.filter(({ when }) => when === "false").map(
    ({ command }) => command,
  );
  assert.deepEqual(hidden.sort(), [...hiddenCommands].sort());
});

test("when clauses read only contexts that the extension sets", () => {
  const known = new Set<string>(Object.values(contexts));
  const clauses = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(
    ({ when }) => when ?? "",
  );
  const enablements = contributes.commands.map(({ enablement }) => enablement ?? "");
  const read = [...clauses, ...enablements].flatMap((clause) =>
    [...clause.matchAll(/\badjoint\.\w+/g)].map(([name]) => name),
  );
  assert.deepEqual(
    [...new Set(read)].filter((name) => !known.has(name) && !Object.values<string>(views).includes(name)),
    [],
  );
});

test("every setting that is read is described, and has a default", async () => {
  const source = await readFile(path.join(root, "extension", "settings.ts"), "utf8");
  const read = [...source.matchAll(/\bget\("([\w.]+)"\)/g)].map((match) => `${settingsSection}.${match[1]!}`);
  const properties = Object.assign({}, ...contributes.configuration.map((group) => group.properties)) as Record<
    string,
    Record<string, unknown>
  >;
  assert.ok(read.length > 5);
  assert.deepEqual(Object.keys(properties).sort(), read.sort());
  for (const [name, property] of Object.entries(properties)) {
    assert.ok("default" in property, name);
    assert.ok(property["description"] ?? property["markdownDescription"], name);
  }
});

test("colours, views, languages, walkthrough and the extension's own name agree", () => {
  assert.deepEqual(contributes.colors.map(({ id }) => id).sort(), Object.values(colors).sort());
  assert.equal(`${manifest.publisher}.${manifest.name}`, extensionId);
  assert.deepEqual(
    contributes.walkthroughs.map(({ id }) => id),
    [walkthrough],
  );
  assert.deepEqual(manifest.activationEvents, [
    ...languages.map((language) => `onLanguage:${language}`),
    ...Object.values(views).map((view) => `onWebviewPanel:${view}`),
  ]);
});

test("the walkthrough's pictures exist", async () => {
  for (const { media } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
    const { image = media.markdown! } = media;
    for (const file of typeof image === "string" ? [image] : Object.values(image))
      await readFile(path.join(root, file));
  }
});
