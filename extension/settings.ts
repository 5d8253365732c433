import * as vscode from "vscode";
import type { Limits } from "../engine/process/protocol.ts";
import { Disposable } from "./disposable.ts";
import { settingsSection } from "./ids.ts";
import { allowedValue, type SettingProperty } from "./settingValues.ts";
import type { DeviceSetting } from "./training/texts.ts";

export type InlayValues = "off" | "names" | "all";

/** What a person has set, as read once. */
export interface Settings {
  readonly traceOnOpen: boolean;
  readonly traceOnSave: boolean;
  readonly traceOnType: boolean;
  readonly traceDelayMs: number;
  readonly limits: Limits;
  /** What might mend a finding is tried. */
  readonly tryFixes: boolean;
  readonly codeLens: boolean;
  readonly inlayValues: InlayValues;
  readonly hover: boolean;
  readonly hoverPlots: boolean;
  readonly digits: number;
  readonly askTypeScript: boolean;
  readonly graphBudget: number;
  readonly trainDevice: DeviceSetting;
}

const megabyte = 2 ** 20;

type Properties = Readonly<Record<string, SettingProperty>>;

/** Types, bounds and defaults stand in package.json, and only there. */
function propertiesIn(manifest: unknown): Properties {
  const { contributes } = manifest as { contributes: { configuration: readonly { properties: Properties }[] } };
  return Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Properties;
}

function read(properties: Properties): Settings {
  const configuration = vscode.workspace.getConfiguration(settingsSection);
  const get = (name: string): unknown =>
    allowedValue(properties[`${settingsSection}.${name}`]!, configuration.get(name));
  return Object.freeze({
    traceOnOpen: get("trace.onOpen") as boolean,
    traceOnSave: get("trace.onSave") as boolean,
    traceOnType: get("trace.onType") as boolean,
    traceDelayMs: get("trace.delay") as number,
    limits: {
      wallClockMs: (get("limits.time") as number) * 1000,
      memoryBytes: (get("limits.memory") as number) * megabyte,
      tapeBytes: (get("limits.tape") as number) * megabyte,
    },
    tryFixes: get("fixes.enabled") as boolean,
    codeLens: get("codeLens.enabled") as boolean,
    inlayValues: get("inlayValues") as InlayValues,
    hover: get("hover.enabled") as boolean,
    hoverPlots: get("hover.plots") as boolean,
    digits: get("significantDigits") as number,
    askTypeScript: get("typescript.enabled") as boolean,
    graphBudget: get("graph.budget") as number,
    trainDevice: get("train.device") as DeviceSetting,
  });
}

/** The settings of now, and word of every change. */
export class SettingsStore extends Disposable {
  readonly #changed = this.register(new vscode.EventEmitter<Settings>());
  readonly onDidChange = this.#changed.event;
  #current: Settings;

  constructor(extension: vscode.Extension<unknown>) {
    super();
    const properties = propertiesIn(extension.packageJSON);
    this.#current = read(properties);
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(settingsSection)) return;
        this.#current = read(properties);
        this.#changed.fire(this.#current);
      }),
    );
  }

  get current(): Settings {
    return this.#current;
  }

  /** Writes where the person has set it already, else in their user settings. */
  async setInlayValues(value: InlayValues): Promise<void> {
    const configuration = vscode.workspace.getConfiguration(settingsSection);
    const set = configuration.inspect("inlayValues");
    const { Global, Workspace } = vscode.ConfigurationTarget;
    await configuration.update("inlayValues", value, set?.workspaceValue === undefined ? Global : Workspace);
  }
}
