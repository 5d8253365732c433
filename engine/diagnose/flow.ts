import { reverseFrom, type Adjoints } from "../differentiate/reverse.ts";
import type { Primal } from "../primitives/rule.ts";
import { Body, chainOf, logNorm, type Chain, type Factor } from "./chain.ts";
import { chance } from "./chance.ts";
import { candidates, longest, membersOf, type Candidate } from "./flowCandidates.ts";
import { isFilter } from "./filter.ts";
import { converges, elementNorms, growsWithState, hasComputedFactor, isRelative } from "./flowStates.ts";
import { LevelFinder } from "./levels.ts";
import type { Subject } from "./subject.ts";
import { traitsOf, type Traits } from "./traits.ts";
import { systematicOf } from "./systematic.ts";
import { confirms, finiteFrom, judge, stepsOf, type Circumstances, type Direction } from "./verdict.ts";
import { Tensor } from "../tape/tensor.ts";
import { levelWeights, weightsOf, type LevelWeights } from "./weights.ts";

/** The adjoint's way through a repeated computation. */
export interface Course {
  readonly candidate: Candidate;
  readonly circumstances: Circumstances;
  readonly chain: Chain;
  /** ln of the adjoint's norm at each station from station `from` on. */
  readonly logNorms: readonly number[];
  readonly from: number;
  /** Sum of the steps back, in nats: negative where the adjoint shrinks. */
  readonly total: number;
  readonly weights: LevelWeights;
  /** Per site, summed over all steps; they add up to `total`. */
  readonly factors: readonly Factor[];
  /** The sites between stations, by step. */
  readonly lines: readonly (readonly number[])[];
  /** The nodes of the forget gates of a step halfway. */
  readonly gates: readonly number[];
  /** The element of the state that this is about, where the norm of all tells something else. */
  readonly element?: number;
}

/** A repeated computation along which the adjoint vanishes or explodes. */
export interface Flow extends Course {
  readonly direction: Direction;
}

/** All such computations, each once for each direction. */
export function flows(subject: Subject): Flow[] {
  if (subject.output < 0) return [];
  const analysis = new Analysis(subject);
  const found: Flow[] = [];
  const groups = candidates(subject, analysis.finder);
  const all = groups.flat();
  const gated = new Set(groups.filter((group) => group.some((each) => analysis.isGated(each))).flat());
  // A line that runs once a turn tells of turns; one that runs several times does where there is no other.
  const several = all.filter((candidate) => analysis.period(candidate) > 1);
  for (const candidate of [...all.filter((each) => !several.includes(each)), ...several])
    for (const flow of analysis.of(candidate, gated.has(candidate)))
      if (!found.some((other) => other.direction === flow.direction && overlap(other.chain, flow.chain)))
        found.push(flow);
  return found;
}

/** Of the repeated computation that spans most of the run, whatever the verdict on it. */
export function mainCourse(subject: Subject): Course | undefined {
  if (subject.output < 0) return undefined;
  const analysis = new Analysis(subject);
  const candidate = longest(subject, analysis.finder);
  return candidate && analysis.courseOf(candidate);
}

/** ln of the adjoint's norm, or of one element's adjoint, at every station of the chain that `candidate` makes. */
export function normsAlong(subject: Subject, candidate: Candidate, element?: number): readonly number[] {
  return subject.output < 0 ? [] : new Analysis(subject).norms(candidate, element);
}

function overlap(a: Chain, b: Chain): boolean {
  const shared = Math.min(a.last, b.last) - Math.max(a.first, b.first);
  return shared * 2 > Math.min(a.last - a.first, b.last - b.first);
}

class Analysis {
  readonly finder: LevelFinder;
  readonly #subject: Subject;
  readonly #views = new Map<Candidate, View>();
  #weights: Int32Array | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
    this.finder = new LevelFinder(subject.tape, subject.adjoints);
  }

  /** `gated`: other lines of its body are gates, if it is none. */
  of(candidate: Candidate, gated: boolean): Flow[] {
    const { tape } = this.#subject;
    const view = this.#view(candidate);
    const { chain, kind, along, traits, circumstances } = view;
    // What is meant to forget. A network of sigmoids is not, though its state may come to rest as well.
    const cell = traits.saturating && !view.identity;
    const forgets =
      kind === "steps" &&
      !cell &&
      (converges(tape, chain) || isFilter(tape, chain, view.steps, this.#weights ?? weightsOf(tape)));
    const found: Flow[] = [];
    const probed = (from: number): number => {
      const totals = probeSeeds.map((seed) => {
        const adjoint = probe(this.#subject, chain, seed);
        return logNorm(tape, adjoint, chain.stations[from]!) - logNorm(tape, adjoint, chain.stations.at(-1)!);
      });
      return totals.reduce((sum, total) => sum + total, 0) / totals.length;
    };
    const consider = (norms: readonly number[], element?: number): void => {
      const from = finiteFrom(norms);
      const kept = norms.slice(from);
      const systematic = (): number => {
        if (kind !== "layers" || element !== undefined || view.identity) return 0;
        const factors = summed(new Body(tape, along, chain), from, norms.length);
        return systematicOf(this.#subject, view.weights.gains.slice(from), traits, factors);
      };
      const all = { ...circumstances(from), element: element !== undefined };
      const direction = kept.length < fewestStations ? undefined : judge(kept, all, systematic);
      if (direction === undefined || (direction === "vanishing" && forgets)) return;
      if (kind === "steps" && !traits.network && isRelative(tape, chain, kept[0]! - kept.at(-1)!)) return;
      if (found.some((flow) => flow.direction === direction)) return;
      if (kind === "layers" && !confirms(direction, probed(from), circumstances(from).chance!, systematic)) return;
      found.push({ direction, ...this.#course(view, norms, element) });
    };
    consider(view.logNorms);
    if (kind === "steps" && !gated) elementNorms(tape, along, chain).forEach(consider);
    return found;
  }

  /** Undefined where not even two stations have an adjoint that is neither zero nor infinite. */
  courseOf(candidate: Candidate): Course | undefined {
    const view = this.#view(candidate);
    const course = this.#course(view, view.logNorms);
    return course.logNorms.length < 2 ? undefined : course;
  }

  norms(candidate: Candidate, element: number | undefined): readonly number[] {
    const { logNorms, along, chain } = this.#view(candidate);
    return element === undefined ? logNorms : (elementNorms(this.#subject.tape, along, chain)[element] ?? []);
  }

  #course(view: View, norms: readonly number[], element?: number): Course {
    const { tape } = this.#subject;
    const { candidate, chain, along, steps, weights, traits, circumstances } = view;
    const from = finiteFrom(norms);
    const kept = norms.slice(from);
    return {
      candidate,
      circumstances: circumstances(from),
      chain,
      logNorms: kept,
      from,
      total: stepsOf(kept).reduce((sum, step) => sum + step, 0),
      weights,
      gates: weights.tied ? traits.gates : [],
      factors: element === undefined ? summed(new Body(tape, along, chain), from, norms.length) : [],
      lines: steps.map((nodes) => [...new Set(nodes.map((node) => tape.site[node]!))]),
      ...(element === undefined ? {} : { element }),
    };
  }

  isGated(candidate: Candidate): boolean {
    return this.#view(candidate).traits.gated;
  }

  period(candidate: Candidate): number {
    return this.#view(candidate).weights.period;
  }

  #view(candidate: Candidate): View {
    const known = this.#views.get(candidate);
    const view = known ?? this.#newView(candidate);
    if (known === undefined) this.#views.set(candidate, view);
    return view;
  }

  #newView(candidate: Candidate): View {
    const { tape, adjoints } = this.#subject;
    const levels = this.finder.find(membersOf(this.#subject, candidate));
    const chain = chainOf(this.finder.inputs, adjoints.output, levels);
    const body = new Body(tape, adjoints, chain);
    const steps = chain.stations.slice(1).map((_, k) => body.stepNodes(k));
    this.#weights ??= weightsOf(tape);
    const weights = levelWeights(tape, this.#weights, steps);
    const traits = traitsOf(this.#subject, steps[steps.length >> 1] ?? []);
    const weighted = weights.widths.filter((width) => width > 0).length * 2 > weights.widths.length;
    const kind = weighted && !weights.tied ? "layers" : "steps";
    const along = weights.tied && traits.network ? alone(this.#subject, chain) : adjoints;
    const ends = along !== adjoints && traits.gated ? transient : 0;
    const logNorms = chain.stations
      .slice(0, chain.stations.length - ends)
      .map((station) => logNorm(tape, along, station));
    const identity = chain.levels.identity.reduce((sum, each) => sum + each, 0) * 2 > chain.levels.count;
    const shape = traits.smooth ? "smooth" : traits.rectified ? "rectified" : traits.tanh ? "tanh" : "linear";
    const mayShare =
      kind === "steps" && !traits.network && (identity || (!weights.tied && hasComputedFactor(tape, steps)));
    const circumstancesFrom = (from: number): Circumstances => ({
      kind,
      identity,
      gated: weights.tied && traits.gated,
      cell: weights.tied && traits.saturating && !traits.gated && !identity,
      shared: mayShare && growsWithState(tape, chain, logNorms[from]! - logNorms.at(-1)!),
      element: false,
      period: weights.period,
      rectified: traits.rectified,
      standardised: traits.standardised,
      chance:
        kind === "layers"
          ? chance(weights.widths.slice(from), shape, {
              lost: sum(weights.edges.slice(from)),
              standardised: traits.standardised,
            })
          : undefined,
    });
    const known = new Map<number, Circumstances>();
    const circumstances = (from: number): Circumstances => {
      const all = known.get(from) ?? circumstancesFrom(from);
      known.set(from, all);
      return all;
    };
    return { candidate, chain, steps, weights, traits, kind, along, logNorms, identity, circumstances };
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);

/** What every judgement on one candidate starts from. */
interface View {
  readonly candidate: Candidate;
  readonly chain: Chain;
  /** The nodes between stations. */
  readonly steps: readonly (readonly number[])[];
  readonly weights: LevelWeights;
  readonly traits: Traits;
  readonly kind: Circumstances["kind"];
  /** The adjoints that are followed. */
  readonly along: Adjoints;
  readonly logNorms: readonly number[];
  readonly identity: boolean;
  /** `from` the station at which the finite part begins. */
  readonly circumstances: (from: number) => Circumstances;
}

/** Several probes, averaged: of a single example one may be far off. */
const probeSeeds = [0x2545f491, 0x1b873593, 0x6d2b79f5] as const;

/** A cotangent of one line of a gated cell needs so many steps to spread over all of its state. */
const transient = 2;

/** Chains with fewer stations are no depth to speak of. */
export const fewestStations = 6;

/**
 * The adjoints that come from the last station alone. Where a loss is read at every step, what it contributes there
 * hides how little of it gets from one end to the other.
 */
function alone(subject: Subject, chain: Chain): Adjoints {
  return fromLast(subject, chain, (node) => adjointOf(subject, node));
}

/**
 * The same for a cotangent of random signs. What a loss sends back is aligned with the values it is computed of, which
 * makes it grow over the first few layers of a healthy network; a cotangent that knows nothing of them does not.
 */
function probe(subject: Subject, chain: Chain, seed: number): Adjoints {
  let state = seed;
  const sign = (): number => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 1) === 0 ? 1 : -1;
  };
  return fromLast(subject, chain, (node) => {
    const adjoint = adjointOf(subject, node);
    return typeof adjoint === "number" ? sign() : new Tensor(adjoint.shape, adjoint.data.map(sign));
  });
}

function fromLast(subject: Subject, { stations }: Chain, seed: (node: number) => Primal): Adjoints {
  const { tape, adjoints } = subject;
  const last = stations.findLast((station) => logNorm(tape, adjoints, station) > -Infinity);
  if (last === undefined) return adjoints;
  const seeded = last.filter((node) => adjoints.reached(node));
  return reverseFrom(tape, new Map(seeded.map((node) => [node, seed(node)])));
}

function adjointOf({ tape, adjoints }: Subject, node: number): Primal {
  return tape.isTensor(node) ? adjoints.tensor(node)! : adjoints.scalar(node);
}

/** The factors of all steps from station `from` on, by site. */
function summed(body: Body, from: number, stations: number): Factor[] {
  const sums = new Map<number, Factor>();
  for (let k = from; k < stations - 1; k++)
    for (const { site, node, nats } of body.factors(k))
      sums.set(site, { site, node, nats: nats + (sums.get(site)?.nats ?? 0) });
  return [...sums.values()].sort((a, b) => Math.abs(b.nats) - Math.abs(a.nats));
}
