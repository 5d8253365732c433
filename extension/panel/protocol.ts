/**
 * The channel between the panel's page (webview/) and the extension. Types only.
 *
 * Messages are packed with `pack` and unpacked with `unpack` of wire.ts on both sides: VS Code carries them as JSON, in which
 * NaN and infinities would become null. Typed arrays travel as buffers.
 *
 * The page
 * - gets its style nonce from `<meta property="csp-nonce" content="…">` and the layout worker's address from
 *   `<body data-layout-worker="…">` (fetch it and start it from a blob: a webview runs no worker from another origin);
 * - sends `ready` once it listens; the answers are `settings` and `show`, and `select` where the cursor stands on a node;
 * - keeps a `PanelMemory` with `setState`: it is what comes back after a reload of the window;
 * - follows the theme by VS Code's own `body` classes and `--vscode-*` variables, which change in place.
 */
import type { Diagnostic, Nested, Notifications, Questions, SourceRange } from "../../engine/process/protocol.ts";

// ------------------------------------------------------------------------------------------------- extension → page

export type ToPanel =
  /** Replaces everything that is shown. */
  | { readonly type: "show"; readonly state: PanelState }
  /** A trace runs; undefined when it no longer does. What is shown stays until the next `show`. */
  | { readonly type: "progress"; readonly progress: Progress | undefined }
  /** The file's text is (no longer) newer than the trace shown. */
  | { readonly type: "stale"; readonly trace: number; readonly stale: boolean }
  /** The editor's cursor stands on these nodes; none: on nothing that the trace knows. */
  | {
      readonly type: "select";
      readonly trace: number;
      readonly function: string;
      readonly nodes: readonly number[];
      /** It was asked for by name: the groups around the first of them open. */
      readonly reveal?: boolean;
    }
  /** Looks at one of the findings, by its place in `Ready.diagnostics`. */
  | { readonly type: "finding"; readonly trace: number; readonly diagnostic: number }
  | { readonly type: "settings"; readonly settings: PanelSettings }
  /** A command for the page, from a keybinding, a menu or the palette. */
  | { readonly type: "command"; readonly command: PanelCommand }
  | Answer;

export type PanelCommand = "search" | "fit" | "exportSvg" | "exportPng" | "stepForward" | "stepBack" | "memory";

/** To the request of the same id. */
export interface Answer {
  readonly type: "answer";
  readonly id: number;
  readonly result: Result<unknown>;
}

export type Result<Value> = { readonly ok: Value } | { readonly error: string; readonly cancelled?: true };

export type PanelState =
  | { readonly kind: "loading"; readonly file: string; readonly function?: string }
  | {
      readonly kind: "error";
      readonly file: string;
      readonly title: string;
      readonly diagnostics: readonly Diagnostic[];
    }
  | Empty
  | Ready;

/** Nothing to show, and what to do about it. */
export interface Empty {
  readonly kind: "empty";
  readonly reason: "no-file" | "not-traced" | "no-functions" | "untrusted";
  readonly title: string;
  readonly text: string;
  /** A button; pressing it sends `act`. */
  readonly action?: { readonly label: string; readonly act: PanelAct };
}

export type PanelAct = "retrace" | "stop" | "setUpWorkspace" | "manageTrust" | "openSettings" | "showLog";

export interface Ready {
  readonly kind: "ready";
  /** Names this trace in requests: one of an older trace is answered with an error. */
  readonly trace: number;
  /** Absolute path. */
  readonly file: string;
  /** What to call it: "formula.ts". */
  readonly fileName: string;
  readonly function: string;
  /** All traced functions of the file, in its order. */
  readonly functions: readonly FunctionEntry[];
  /** "f(x = 1, y = 2)" */
  readonly title: string;
  readonly value: number;
  readonly gradientNorm: number;
  readonly gradient: Readonly<Record<string, Nested>>;
  /** The function's findings, then the file's. Fixes join them as soon as they have been tried. */
  readonly diagnostics: readonly Diagnostic[];
  /** Fixes are being tried; another `show` tells what came of it. */
  readonly tryingFixes: boolean;
  readonly tape: { readonly operations: number; readonly bytes: number };
  readonly time: { readonly forwardMs: number; readonly backwardMs: number };
  readonly stale: boolean;
  /** The name of a file that ran with it, which has changes that are not saved: they run only then. */
  readonly unsaved?: string;
  /** The newer run that failed, where this is the last good answer. */
  readonly failure?: Diagnostic;
  readonly pinned: boolean;
}

export interface FunctionEntry {
  readonly name: string;
  /** Undefined where its run failed. */
  readonly value?: number;
}

export type Progress = Notifications["progress"];

export interface PanelSettings {
  /** Significant digits of the numbers shown. */
  readonly digits: number;
  /** Cards and groups at once, for `graph`. */
  readonly budget: number;
}

// ------------------------------------------------------------------------------------------------- page → extension

export type FromPanel =
  | { readonly type: "ready" }
  | Ask
  | SaveRequest
  /** The request of this id need not be answered any more. It is answered all the same, as cancelled. */
  | { readonly type: "cancel"; readonly id: number }
  /** Shows a place in the editor and marks it; the keyboard moves there only with `focus`. */
  | {
      readonly type: "reveal";
      readonly trace: number;
      readonly target: { readonly function: string; readonly node: number } | { readonly source: SourceRange };
      readonly focus: boolean;
    }
  /** Takes away the mark that `reveal` left. */
  | { readonly type: "unmark" }
  /** Shows another function of the file: answered by `show`. */
  | { readonly type: "function"; readonly function: string }
  /** Pinned, the panel stays with its file when another editor becomes active. */
  | { readonly type: "pin"; readonly pinned: boolean }
  | { readonly type: "act"; readonly act: PanelAct }
  /** Applies a fix of `Ready.diagnostics` as one edit that can be undone; with `preview`, shows the changed text beside the old. */
  | {
      readonly type: "fix";
      readonly trace: number;
      readonly diagnostic: number;
      readonly fix: number;
      readonly preview: boolean;
    }
  | { readonly type: "copy"; readonly text: string }
  /** Something went wrong in the page: for the log. */
  | { readonly type: "log"; readonly level: "error" | "warning" | "information"; readonly message: string };

/** The engine's questions that the page may put, about one trace. */
export type PanelMethod =
  "nodes" | "graph" | "details" | "steps" | "flow" | "layerJacobian" | "memory" | "search" | "tensor";

export type Ask = { [Method in PanelMethod]: AskOf<Method> }[PanelMethod];

export interface AskOf<Method extends PanelMethod> {
  readonly type: "ask";
  readonly id: number;
  readonly trace: number;
  readonly method: Method;
  readonly params: Questions[Method][0];
}

/** Asks the person where to save a picture. Answered with whether it was saved. */
export interface SaveRequest {
  readonly type: "save";
  readonly id: number;
  readonly format: "svg" | "png";
  readonly name: string;
  readonly data: string | Uint8Array;
}

/** What the page keeps with `setState`. */
export interface PanelMemory {
  /** As in `Ready`. */
  readonly file: string;
  readonly function: string;
  readonly pinned: boolean;
  /** The page's own affair: open groups, zoom, step. */
  readonly view?: unknown;
}
