import path from "node:path";
import * as vscode from "vscode";
import type { FunctionCheck, FunctionOutline, Outline } from "../engine/process/protocol.ts";
import type { Executor } from "../engine/process/trainingProtocol.ts";
import { ruleVerdict } from "../engine/process/checkSentences.ts";
import { messageAt, report, reportRule } from "./checkReport.ts";
import { toRange } from "./convert.ts";
import { customRulesIn, type CustomRuleOutline } from "./customRules.ts";
import { Disposable } from "./disposable.ts";
import type { Engine } from "./engine.ts";
import { isCancelled } from "./failure.ts";
import { testController } from "./ids.ts";
import { isModel, isModelFile } from "./models.ts";
import type { SettingsStore } from "./settings.ts";
import type { Traces } from "./traces.ts";

const scripts = "**/*.{ts,mts,cts,js,mjs,cjs}";
const elsewhere = "**/{node_modules,dist,out,build,.git}/**";
/** Only a file with an exported function that has a default is worth parsing. */
const mayHaveModel = /\bexport\b[\s\S]*=/;
const typingPause = 400;
const notTrusted =
  "Adjoint has to run a model to check its gradient, and runs nothing in a folder that you have not trusted.";

export interface TestExplorerServices {
  readonly engine: Engine;
  readonly settings: SettingsStore;
  /** They know what a file imports as well. */
  readonly traces: Pick<Traces, "importersOf">;
  readonly log: vscode.LogOutputChannel;
  /** A graphics card that is open to be asked, to compare what it computes with float64. */
  readonly gpuAtHand: () => Promise<Executor | undefined>;
}

/** Every differentiable function, model and custom rule of the workspace as a test: its gradient is right. */
export class TestExplorer extends Disposable {
  readonly #engine: Engine;
  readonly #settings: SettingsStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #traces: TestExplorerServices["traces"];
  readonly #gpuAtHand: () => Promise<Executor | undefined>;
  readonly #controller = this.register(vscode.tests.createTestController(testController, "Gradients"));
  readonly #profile: vscode.TestRunProfile;
  readonly #typing = new Map<string, NodeJS.Timeout>();
  /** Of the items that are custom rules: where they stand. */
  readonly #rules = new WeakMap<vscode.TestItem, CustomRuleOutline>();
  /** The files that the last check of each file ran: absolute paths, by the file's URI. */
  readonly #ran = new Map<string, readonly string[]>();

  constructor({ engine, settings, traces, log, gpuAtHand }: TestExplorerServices) {
    super();
    this.#traces = traces;
    this.#gpuAtHand = gpuAtHand;
    this.#engine = engine;
    this.#settings = settings;
    this.#log = log;
    this.#controller.resolveHandler = async (item) => {
      if (item?.uri) await this.#readFile(item.uri);
      else if (!item) await this.#discover();
    };
    this.#controller.refreshHandler = (token) => this.#discover(token);
    this.#profile = this.register(
      this.#controller.createRunProfile(
        "Check Gradients",
        vscode.TestRunProfileKind.Run,
        (request, token) => this.#start(request, token),
        true,
        undefined,
        true,
      ),
    );
    for (const document of vscode.workspace.textDocuments) this.#read(document);
    this.register(vscode.workspace.onDidOpenTextDocument((document) => this.#read(document)));
    this.register(vscode.workspace.onDidChangeTextDocument(({ document }) => this.#edited(document)));
    const watcher = this.register(vscode.workspace.createFileSystemWatcher(scripts, false, true, false));
    this.register(watcher.onDidCreate((uri) => void this.#readFile(uri)));
    this.register(watcher.onDidDelete((uri) => this.#controller.items.delete(uri.toString())));
  }

  override dispose(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer);
    super.dispose();
  }

  /** Checks one function of a file, or all of them, as a run of their tests. */
  async check(document: vscode.TextDocument, name?: string): Promise<readonly FunctionCheck[]> {
    await this.#update(document.uri, document.getText());
    const file = this.#controller.items.get(document.uri.toString());
    const item = name === undefined ? file : file?.children.get(testId(document.uri, name));
    if (!item) return [];
    const cancellation = new vscode.CancellationTokenSource();
    try {
      return await this.#run(new vscode.TestRunRequest([item], undefined, this.#profile), cancellation.token);
    } finally {
      cancellation.dispose();
    }
  }

  // ------------------------------------------------------------------------------------------------------- discovery

  async #discover(token?: vscode.CancellationToken): Promise<void> {
    const files = await vscode.workspace.findFiles(scripts, elsewhere, undefined, token);
    for (const uri of files) {
      if (token?.isCancellationRequested === true || this.disposed) return;
      await this.#readFile(uri);
    }
  }

  #edited(document: vscode.TextDocument): void {
    if (!isModelFile(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.#typing.get(key));
    const read = (): void => {
      this.#typing.delete(key);
      this.#read(document);
    };
    this.#typing.set(key, setTimeout(read, typingPause));
  }

  #read(document: vscode.TextDocument): void {
    if (isModelFile(document)) void this.#update(document.uri, document.getText());
  }

  async #readFile(uri: vscode.Uri): Promise<void> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open) {
      this.#read(open);
      return;
    }
    if (/\.d\.[cm]?ts$/.test(uri.path)) return;
    try {
      await this.#update(uri, new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    } catch (error) {
      this.#log.warn(`${uri.fsPath} could not be read: ${String(error)}`);
    }
  }

  /** Brings the items of a file to what stands in its text. Nothing runs. */
  async #update(uri: vscode.Uri, text: string): Promise<void> {
    const outline: Outline = mayHaveModel.test(text)
      ? await this.#engine.outline(uri.fsPath, text).catch(() => ({ functions: [], diagnostics: [] }))
      : { functions: [], diagnostics: [] };
    // While a person types, the text often doesn't parse: the tests stay.
    if (outline.functions.length === 0 && outline.diagnostics.some(({ severity }) => severity === "error")) return;
    const models = outline.functions.filter(isModel);
    const { items } = this.#controller;
    if (models.length === 0) {
      items.delete(uri.toString());
      return;
    }
    let file = items.get(uri.toString());
    if (!file) {
      file = this.#controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
      items.add(file);
    }
    const rules = customRulesIn(text).map((rule) => this.#ruleItem(uri, rule, file));
    file.children.replace([...models.map((model) => this.#item(uri, model, file)), ...rules]);
  }

  #ruleItem(uri: vscode.Uri, rule: CustomRuleOutline, file: vscode.TestItem): vscode.TestItem {
    const id = testId(uri, `rule ${rule.name}`);
    const item = file.children.get(id) ?? this.#controller.createTestItem(id, rule.name, uri);
    const { line, column } = rule;
    item.range = new vscode.Range(line - 1, column - 1, line - 1, column - 1);
    item.description = "custom rule";
    this.#rules.set(item, rule);
    return item;
  }

  #item(uri: vscode.Uri, model: FunctionOutline, file: vscode.TestItem): vscode.TestItem {
    const id = testId(uri, model.name);
    const item = file.children.get(id) ?? this.#controller.createTestItem(id, model.name, uri);
    item.range = toRange(model.nameSource);
    const parameters = model.parameters.map(({ name }) => name).join(", ");
    item.description = `∇ with respect to ${parameters}`;
    return item;
  }

  // ------------------------------------------------------------------------------------------------------------ runs

  async #start(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    if (request.continuous !== true) {
      await this.#run(request, token);
      return;
    }
    const running = new Map<string, vscode.CancellationTokenSource>();
    const rerun = async (key: string, now: vscode.CancellationTokenSource): Promise<void> => {
      const tests = this.#chosen(request).get(key);
      if (tests && !now.token.isCancellationRequested)
        await this.#run(new vscode.TestRunRequest(tests, undefined, this.#profile, true), now.token);
      if (running.get(key) === now) running.delete(key);
      now.dispose();
    };
    const saved = vscode.workspace.onDidSaveTextDocument(async (document) => {
      const begun = [document.uri.toString(), ...this.#importersOf(document.uri)].map((key) => {
        // What was begun before tells of a text that is no more.
        running.get(key)?.cancel();
        const now = new vscode.CancellationTokenSource();
        running.set(key, now);
        return { key, now };
      });
      if (isModelFile(document)) await this.#update(document.uri, document.getText());
      for (const { key, now } of begun) await rerun(key, now);
    });
    token.onCancellationRequested(() => {
      saved.dispose();
      for (const each of running.values()) each.cancel();
    });
    this.register(saved);
  }

  /** The files that a check or a trace has seen to run this one as an import. */
  #importersOf(uri: vscode.Uri): readonly string[] {
    const checked = [...this.#ran].filter(([, files]) => files.includes(uri.fsPath)).map(([key]) => key);
    const traced = this.#traces.importersOf(uri).map((importer) => importer.toString());
    return [...new Set([...checked, ...traced])].filter((key) => key !== uri.toString());
  }

  /** The tests of a request by the file they are in. */
  #chosen({ include, exclude = [] }: vscode.TestRunRequest): Map<string, vscode.TestItem[]> {
    const chosen = new Map<string, vscode.TestItem[]>();
    const add = (item: vscode.TestItem): void => {
      if (exclude.includes(item)) return;
      if (item.parent === undefined) {
        item.children.forEach(add);
        return;
      }
      const key = item.uri!.toString();
      const tests = chosen.get(key) ?? [];
      if (!tests.includes(item)) chosen.set(key, [...tests, item]);
    };
    if (include) include.forEach(add);
    else this.#controller.items.forEach(add);
    return chosen;
  }

  async #run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<readonly FunctionCheck[]> {
    const run = this.#controller.createTestRun(request);
    const checks: FunctionCheck[] = [];
    try {
      const chosen = this.#chosen(request);
      for (const tests of chosen.values()) for (const item of tests) run.enqueued(item);
      if (!vscode.workspace.isTrusted) {
        for (const item of [...chosen.values()].flat()) run.errored(item, new vscode.TestMessage(notTrusted));
        return [];
      }
      for (const tests of chosen.values()) {
        if (token.isCancellationRequested || run.token.isCancellationRequested) break;
        checks.push(...(await this.#runFile(run, tests, token)));
      }
    } finally {
      run.end();
    }
    return checks;
  }

  async #runFile(
    run: vscode.TestRun,
    tests: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
  ): Promise<readonly FunctionCheck[]> {
    const abort = new AbortController();
    const stops = [token, run.token].map((each) => each.onCancellationRequested(() => abort.abort()));
    const rules = tests.filter((item) => this.#rules.has(item));
    const left = new Map(tests.filter((item) => !this.#rules.has(item)).map((item) => [item.label, item]));
    const uri = tests[0]!.uri!;
    const executor = await this.#gpuAtHand();
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      const {
        functions,
        diagnostics,
        files = [],
      } = await this.#engine.check(
        {
          file: uri.fsPath,
          text: document.getText(),
          // Whichever function uses a rule shows what is wrong with it.
          ...(rules.length === 0 ? { functions: [...left.keys()] } : {}),
          limits: this.#settings.current.limits,
        },
        {
          cancellation: abort.signal,
          ...(executor === undefined ? {} : { executor }),
          onProgress: ({ function: name }) => {
            for (const item of rules) run.started(item);
            const item = name === undefined ? undefined : left.get(name);
            if (item) run.started(item);
          },
          onChecked: (check) => {
            const item = left.get(check.function);
            left.delete(check.function);
            if (item) report(run, item, check);
          },
        },
      );
      // A file that could not be loaded goes on to hang on what it imported before.
      if (files.length > 0) this.#ran.set(uri.toString(), files);
      const [problem] = diagnostics;
      for (const item of rules) reportRule(run, item, ruleVerdict(functions, this.#rules.get(item)!));
      const message = problem?.message ?? "The function was not checked.";
      for (const item of left.values()) run.errored(item, messageAt(message, problem?.source));
      return functions.filter((check) => tests.some(({ label }) => label === check.function));
    } catch (error) {
      const cancelled = isCancelled(error) || abort.signal.aborted;
      for (const item of [...left.values(), ...rules]) {
        if (cancelled) run.skipped(item);
        else run.errored(item, new vscode.TestMessage(error instanceof Error ? error.message : String(error)));
      }
      if (!cancelled) this.#log.error(`Checking ${path.basename(uri.fsPath)} failed: ${String(error)}`);
      return [];
    } finally {
      executor?.dispose();
      for (const stop of stops) stop.dispose();
    }
  }
}

function testId(uri: vscode.Uri, name: string): string {
  return `${uri.toString()}#${name}`;
}
