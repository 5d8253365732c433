/**
 * The channel between the engine process and whoever asks it: JSON-RPC requests over the child process's IPC channel.
 * Types only. One engine process runs one file once and then owns its traces until it is told to go; answers are small.
 *
 * Lines and columns count from 1, columns in UTF-16 units. A number that may be NaN or infinite travels as a number
 * (the channel clones structurally); only the command's JSON writes such numbers as strings.
 */
import type {
  Coverage,
  Culprit,
  DirectionCheck,
  ElementCheck,
  FunctionCheck,
  KinkReport,
  Verdict,
  Votes,
} from "../check/report.ts";
import type { FlowLayer, FlowLine, FlowReport } from "../diagnose/flowReport.ts";
import type { LayerJacobian } from "../diagnose/layerJacobian.ts";
import type {
  CheckpointAdvice,
  MemoryLine,
  MemoryRefusal,
  MemoryReport,
  MemoryScope,
  Peak,
  PolicyReport,
} from "../memory/report.ts";
import type { FlowPlace, Measure, Proposal, ProposedEdit, Proposals } from "../fix/proposal.ts";
import type {
  Diagnostic,
  Fix,
  FunctionOutline,
  Outline,
  Position,
  SourceRange,
} from "../language/instrument/sourceReport.ts";
import type { TrainAnswer, TrainingProgress, TrainRequest } from "./trainingProtocol.ts";

export type { Diagnostic, Fix, FunctionOutline, Outline, Position, SourceRange };
export type { FlowLayer, FlowLine, FlowReport, LayerJacobian };
export type { FlowPlace, Measure, Proposal, ProposedEdit, Proposals };
export type { CheckpointAdvice, MemoryLine, MemoryRefusal, MemoryReport, MemoryScope, Peak, PolicyReport };
export type { Coverage, Culprit, DirectionCheck, ElementCheck, FunctionCheck, KinkReport, Verdict, Votes };

/** Method → [parameters, answer]. Every question may be cancelled; a cancelled run ends the process. */
export interface Questions {
  /** What stands in a file, or in `text` in its place, without running it. */
  outline: [{ file: string; text?: string }, Outline];
  /** Runs the file once, traces the functions asked for (all when undefined) and keeps the tapes. */
  trace: [TraceRequest, TraceSummary];
  /** Runs the file and checks the gradients of the functions asked for (all when undefined). The process is then used up. */
  check: [CheckRequest, CheckSummary];
  /** Trains a model of the file. The process is then used up. */
  train: [TrainRequest, TrainAnswer];
  /** Ends the training that goes on, after the step that is being made. */
  stopTraining: [Record<string, never>, null];
  /** `file`: of the program that ran; the traced file when left out. */
  hover: [{ position: Position; file?: string }, Hover | undefined];
  /** Lines `from` to `to`, both included. */
  hints: [{ names: "names" | "all"; from: number; to: number; file?: string }, readonly Hint[]];
  /** Every node of one function's trace as the command prints them, or `count` of them from `from`. */
  nodes: [{ function: string; from?: number; count?: number }, readonly NodeReport[]];
  /** The same summed up: one entry for each expression and operation, in the order of their first execution. */
  places: [{ function: string }, readonly PlaceReport[]];
  graph: [GraphRequest, Graph];
  details: [{ function: string; node: number }, NodeDetails];
  /** The backward pass in order, `count` steps from `from`. */
  steps: [{ function: string; from: number; count: number }, { total: number; steps: readonly Step[] }];
  /** How the adjoint's norm goes along the longest chain of layers or steps; undefined where the run has none. */
  flow: [{ function: string }, FlowReport | undefined];
  /** What lies between nodes, as the singular values of its Jacobian; undefined where it is too large or not finite. */
  layerJacobian: [{ function: string; from: readonly number[]; to: readonly number[] }, LayerJacobian | undefined];
  /** What is saved for the backward pass and why, the peaks, and what checkpoints would save and cost. */
  memory: [{ function: string }, MemoryReport | MemoryRefusal];
  /** What might mend one of the function's findings, counted from 0, and the figure that tells whether it does. */
  proposals: [{ function: string; finding: number }, Proposals | undefined];
  /** That figure, of this run; undefined where it has none. */
  measure: [{ function: string; measure: Measure }, Measurement | undefined];
  search: [{ function: string; query: string; limit: number }, readonly SearchHit[]];
  /** The nodes that the innermost expression or variable at `position` made. */
  nodesAt: [{ position: Position; file?: string }, { function: string; nodes: readonly number[] } | undefined];
  /** All elements of one tensor node. */
  tensor: [
    { function: string; node: number; of: "value" | "adjoint" },
    { shape: readonly number[]; data: Float64Array },
  ];
}

export type Method = keyof Questions;

/** Sent by the engine while it works. */
export interface Notifications {
  /** The process is up. */
  ready: Record<string, never>;
  training: TrainingProgress;
  progress: {
    stage: "loading" | "running" | "differentiating" | "checking" | "training";
    function?: string;
    operations: number;
    /** While checking: so many elements of so many. */
    checked?: number;
    of?: number;
  };
}

// ------------------------------------------------------------------------------------------------------------ trace

export interface TraceRequest {
  readonly file: string;
  /** The text to run where it differs from what is on disk (an unsaved editor). */
  readonly text?: string;
  /** Those of files that it imports, by their paths. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly functions?: readonly string[];
  /** Parameters by name, in place of their defaults. */
  readonly at?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<Limits>;
  /** Of `Math.random`, a whole number below 2³²: that of an earlier summary gives its numbers again. */
  readonly seed?: number;
}

export interface Limits {
  readonly wallClockMs: number;
  readonly memoryBytes: number;
  readonly tapeBytes: number;
}

export interface TraceSummary {
  readonly file: string;
  /** Every file of the program that ran and that is not in a package, absolute: when one changes, the trace is stale. */
  readonly files?: readonly string[];
  /** What `Math.random` drew from, where the file ran. */
  readonly seed?: number;
  readonly outline: Outline;
  readonly functions: readonly FunctionTrace[];
  /** Of the file as a whole: it did not parse, load or export anything to trace. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface FunctionTrace {
  readonly function: string;
  readonly source: SourceRange;
  /** Undefined where the run failed: `diagnostics` then says why. */
  readonly value?: number;
  /** By parameter name; nested as the parameter is (tensors as nested arrays). */
  readonly gradient?: Readonly<Record<string, Nested>>;
  /** Euclidean norm over all parameters. */
  readonly gradientNorm?: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly tape: { readonly operations: number; readonly bytes: number };
  readonly time: { readonly forwardMs: number; readonly backwardMs: number };
}

export interface CheckRequest extends TraceRequest {
  /** Of each function: elements that are checked one by one, and for how long. */
  readonly budget?: { readonly elements?: number; readonly milliseconds?: number };
  /** Whoever asks has an executor of its own, the GPU, which is compared with float64 as well. */
  readonly executor?: "remote";
}

export interface CheckSummary {
  readonly file: string;
  /** Every file of the program that ran and that is not in a package, absolute. */
  readonly files?: readonly string[];
  readonly outline: Outline;
  readonly passed: boolean;
  readonly functions: readonly FunctionCheck[];
  /** Of the file as a whole. */
  readonly diagnostics: readonly Diagnostic[];
}

export type Nested = number | readonly Nested[] | { readonly [key: string]: Nested };

export interface Measurement {
  /** What the person is told of. */
  readonly value: number;
  /** What is to become 0: of a flow its log-ratio from one end to the other, in nats. */
  readonly excess: number;
}

// ------------------------------------------------------------------------------------------------------------ nodes

/** A scalar, or what is told of a tensor. */
export type Summary = number | TensorSummary;

export interface TensorSummary {
  readonly norm: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Whether every element is finite. */
  readonly finite: boolean;
}

export interface NodeReport {
  readonly id: number;
  readonly op: string;
  readonly name?: string;
  readonly shape: readonly number[];
  readonly value: Summary;
  readonly adjoint: Summary;
  readonly inputs: readonly number[];
  readonly source: SourceRange;
}

/** All nodes that one expression made with one operation. */
export interface PlaceReport {
  readonly op: string;
  readonly name?: string;
  readonly source: SourceRange;
  readonly executions: number;
  /** Of the last execution. */
  readonly value: Summary;
  readonly adjoint: Summary;
  /** Over executions, where there is more than one; of tensors their norms. */
  readonly range?: {
    readonly value: readonly [min: number, max: number];
    readonly adjoint: readonly [min: number, max: number];
  };
}

export interface Contribution {
  /** The node that the adjoint flows to or comes from. */
  readonly node: number;
  readonly label: string;
  readonly op: string;
  readonly line: number;
  /** A scalar, or the norm of a tensor's contribution. */
  readonly amount: number;
}

export interface NodeDetails extends NodeReport {
  /** The expression's text, one line, shortened. */
  readonly text: string;
  /** The scopes around it, outermost first: "step(i = 3)". */
  readonly scopes: readonly { readonly label: string; readonly source: SourceRange }[];
  /**
   * The adjoint rule in the field's notation, e.g. `v = a/b`, `ā += v̄ · 1/b`; what its letters stand for here; then the same
   * with this node's figures.
   */
  readonly rule: {
    readonly title: string;
    /** `["v", "y / x"], ["a", "y"], ["b", "x"]`. Empty where they say nothing, or too much. */
    readonly letters: readonly (readonly [letter: string, label: string])[];
    readonly symbolic: readonly string[];
    readonly numeric: readonly string[];
  };
  /** Where this node's adjoint comes from: one entry for each use. They add up to the adjoint. */
  readonly from: readonly Contribution[];
  /** What this node passes on to its inputs. */
  readonly to: readonly Contribution[];
  readonly histogram?: { readonly value: Histogram; readonly adjoint: Histogram };
  /** The lines of source around the node. */
  readonly excerpt: { readonly firstLine: number; readonly lines: readonly string[] };
}

export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
}

/** One step of the backward pass: a node passes its adjoint on. */
export interface Step {
  readonly node: number;
  /** `ȳ += ē · e` */
  readonly rule: string;
  readonly line: number;
  readonly adds: readonly { readonly node: number; readonly amount: number }[];
}

export interface SearchHit {
  readonly node: number;
  readonly label: string;
  readonly op: string;
  readonly line: number;
  readonly value: Summary;
  readonly adjoint: Summary;
}

// ------------------------------------------------------------------------------------------------- hovers and hints

/** What is known of the variable or expression under the cursor. */
export interface Hover {
  readonly function: string;
  /** The range of text this speaks of. */
  readonly source: SourceRange;
  readonly title: string;
  readonly executions: number;
  readonly first: Execution;
  readonly last: Execution;
  /** Over executions, where there is more than one: at most 64 points, each the mean of its stretch. */
  readonly series?: { readonly value: readonly number[]; readonly adjoint: readonly number[] };
  readonly range?: {
    readonly value: readonly [min: number, max: number];
    readonly adjoint: readonly [min: number, max: number];
  };
  readonly shape: readonly number[];
  readonly histogram?: { readonly value: Histogram; readonly adjoint: Histogram };
  /** The result does not depend on it. */
  readonly unused: boolean;
  /** Not made from the parameters: no derivative by it is taken, so its adjoint says nothing. */
  readonly constant: boolean;
}

export interface Execution {
  readonly node: number;
  readonly value: Summary;
  readonly adjoint: Summary;
}

/** An inlay hint at the end of a declaration's name or expression. For many executions, of the last one. */
export interface Hint {
  readonly position: Position;
  readonly executions: number;
  readonly value: Summary;
  readonly adjoint: Summary;
  /** Not made from the parameters: no derivative by it is taken, so its adjoint says nothing. */
  readonly constant: boolean;
  readonly node: number;
  readonly function: string;
}

// ------------------------------------------------------------------------------------------------------------ graph

export interface GraphRequest {
  readonly function: string;
  /** Ids of the groups that stand open. Undefined: as many as fit the budget, outermost first. */
  readonly open?: readonly string[];
  /** The groups around this node stand open too. */
  readonly reveal?: number;
  /** At most this many cards and groups are sent; what does not fit is folded further. */
  readonly budget: number;
}

/** The visible part of the forward graph with the backward pass over it. */
export interface Graph {
  readonly function: string;
  readonly cards: readonly Card[];
  readonly groups: readonly Group[];
  readonly edges: readonly Edge[];
  readonly output: string;
  readonly totalNodes: number;
  /** The groups that stand open in this answer. */
  readonly open: readonly string[];
}

/** A node that is drawn. */
export interface Card {
  /** "n12" for node 12. */
  readonly id: string;
  readonly node: number;
  /** The open group it stands in. */
  readonly parent?: string;
  /** The variable's name, or the expression's text, shortened. */
  readonly label: string;
  readonly op: string;
  readonly shape: readonly number[];
  readonly value: Summary;
  readonly adjoint: Summary;
  readonly line: number;
  /** The step of the backward pass at which its adjoint is complete, counting from 1 at the output; 0: never reached. */
  readonly step: number;
}

/** A call, a loop iteration or a run of iterations. Closed, it stands for all nodes in it. */
export interface Group {
  /** Stable across requests for the same trace. */
  readonly id: string;
  readonly parent?: string;
  readonly open: boolean;
  /** "layer", "i = 3", "i = 0 … 99". */
  readonly label: string;
  readonly source: SourceRange;
  readonly nodes: number;
  /** The first and the last node in it: a node that is not drawn belongs to the innermost closed group around it. */
  readonly first: number;
  readonly last: number;
  /** The steps of the backward pass that run through it, counted as in `Card.step`; both 0: never reached. */
  readonly firstStep: number;
  readonly lastStep: number;
  /** How many iterations or calls it folds together. */
  readonly repeats: number;
  /** Norm of the adjoint that enters from its users, and of what leaves to its inputs. */
  readonly adjointIn: number;
  readonly adjointOut: number;
}

/** Along the data's way: from a card or closed group to one that uses it. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** How many node-to-node edges it stands for. */
  readonly count: number;
  /** What flows back along it: a scalar's contribution, or the norm of several or of a tensor's. */
  readonly contribution: number;
}
