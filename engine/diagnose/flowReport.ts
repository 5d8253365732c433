/** What is told of the adjoint's way through a repeated computation: the figures behind a plot of depth against log-norm. */
import type { Chance } from "./chance.ts";
import type { Course } from "./flow.ts";
import { operationOf, textOf, type Subject } from "./subject.ts";
import { stepsOf, type Direction } from "./verdict.ts";

export interface FlowReport {
  /** Which way the adjoint leaves all bounds; left out where it keeps within them. */
  readonly direction?: Direction;
  /** Layers have weights of their own; steps have none, or the same over and over. */
  readonly kind: "layers" | "steps";
  /** The element of the state that this is about, where the norm of all tells something else. */
  readonly element?: number;
  /** ln of the adjoint's norm at the input's end against the result's. */
  readonly totalNats: number;
  readonly factor: number;
  /** The geometric mean of the factors from one layer or step to the one before. */
  readonly perStep: number;
  readonly steps: number;
  /** Of `totalNats`, where weights are random; null where nothing is known. */
  readonly chance: Chance | null;
  /** From the input's end to the result's. */
  readonly layers: readonly FlowLayer[];
  /** Each expression on the way with its share of `totalNats`, to which they add up; the strongest first. */
  readonly lines: readonly FlowLine[];
  /** Names of the weights. */
  readonly parameters: readonly string[];
}

export interface FlowLayer {
  /** "layer 3", "step 12" */
  readonly label: string;
  /** The first node of its output. */
  readonly node: number;
  /** All nodes of its output, where there are several; left out where they are too many. */
  readonly nodes?: readonly number[];
  /** The lines of code that it is made by. */
  readonly lines: readonly number[];
  readonly log10Norm: number;
  /** The adjoint's norm here against the next layer's. The last has none. */
  readonly ratio?: number;
  /** In log10: within this random weights alone would keep the adjoint, given that of the last layer. */
  readonly chance?: readonly [low: number, high: number];
}

export interface FlowLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
  readonly op: string;
  readonly nats: number;
  /** The finding is put down to this. */
  readonly responsible?: true;
}

/** More points than a plot shows are thinned out. */
const mostStations = 512;
const mostParameters = 64;
const mostNodes = 64;

/** `responsible`: the sites that a finding is put down to. */
export function flowReport(subject: Subject, course: Course, responsible: ReadonlySet<number>): FlowReport {
  const { total, logNorms, circumstances, element, factors, weights } = course;
  const steps = logNorms.length - 1;
  return {
    kind: circumstances.kind,
    ...(element === undefined ? {} : { element }),
    totalNats: total,
    factor: Math.exp(total),
    perStep: Math.exp(total / steps),
    steps,
    chance: circumstances.chance ?? null,
    layers: layersOf(subject, course),
    lines: factors.map(({ site, node, nats }) => ({
      ...rangeOf(subject, site),
      text: textOf(subject, site),
      op: operationOf(subject, node),
      nats,
      ...(responsible.has(site) ? { responsible: true as const } : {}),
    })),
    parameters: weights.parameters.slice(0, mostParameters),
  };
}

function layersOf(subject: Subject, { logNorms, from, chain, lines, circumstances }: Course): FlowLayer[] {
  const unit = circumstances.kind === "layers" ? "layer" : "step";
  const steps = stepsOf(logNorms);
  const stride = Math.ceil(logNorms.length / mostStations);
  const top = logNorms.length - 1;
  const shares = circumstances.chance;
  const layers: FlowLayer[] = [];
  const siteOf = (k: number): number => subject.tape.site[chain.stations[from + k]![0]!]!;
  // What makes the first layer lies before the chain, unless it is the lines that make the second one as well.
  const made = (k: number): readonly number[] =>
    k > 0 ? (lines[from + k - 1] ?? []) : siteOf(0) === siteOf(1) ? (lines[from] ?? []) : [siteOf(0)];
  const add = (k: number): void => {
    const share = (top - k) / top;
    const band = shares && bandAt(shares, share).map((bound) => (logNorms[top]! + bound) / Math.LN10);
    const station = chain.stations[from + k]!;
    layers.push({
      label: `${unit} ${from + k + 1}`,
      node: station[0]!,
      ...(station.length > 1 && station.length <= mostNodes ? { nodes: station } : {}),
      lines: linesOf(subject, made(k)),
      log10Norm: logNorms[k]! / Math.LN10,
      ...(k < steps.length ? { ratio: Math.exp(steps[k]!) } : {}),
      ...(band === undefined ? {} : { chance: band as [number, number] }),
    });
  };
  for (let k = 0; k < top; k += stride) add(k);
  add(top);
  return layers;
}

/** The bounds of chance after a share of all layers: the mean grows with their number, the spread with its root. */
function bandAt({ mean, low, high }: Chance, share: number): [low: number, high: number] {
  const spread = Math.sqrt(share);
  return [mean * share + (low - mean) * spread, mean * share + (high - mean) * spread];
}

function linesOf({ sites }: Subject, numbers: readonly number[]): number[] {
  return [...new Set(numbers.filter((site) => site > 0).map((site) => sites.get(site).line))].sort((a, b) => a - b);
}

function rangeOf({ sites }: Subject, site: number): Omit<FlowLine, "text" | "op" | "nats"> {
  const { file, line, column, endLine, endColumn } = sites.get(site);
  return { file, line, column, endLine, endColumn };
}
