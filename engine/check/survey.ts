import type { Adjoints } from "../differentiate/reverse.ts";
import type { Primal } from "../primitives/rule.ts";
import { Tensor } from "../tape/tensor.ts";
import type { Element, ParameterElements, Stretch } from "./elements.ts";
import type { Coverage, DirectionCheck, ElementCheck, Votes } from "./report.ts";
import { clearly, Search } from "./search.ts";
import type { Ballot } from "./votes.ts";

/** How much of a function is checked element by element. */
export interface Budget {
  readonly elements: number;
  readonly milliseconds: number;
}

/** Random directions for each parameter, where not all its elements can be checked. */
const directionsEach = 2;
/** Once directions have told of all elements, a few are looked at by themselves, in a part of the time. */
const sampledElements = 256;
const sampledShare = 0.25;
/** Where wrong ones have been found, fewer will do. */
const sampledBesideWrong = 32;
/** Of the wrong elements that a direction tells of, so many are searched for, in a part of the time. */
const mostFound = 256;
const searchedShare = 0.75;
/** Elements without a finite derivative are as good as one another. */
const mostNonFinite = 16;
/** Elements that are right, as at kinks those are whose rule keeps another convention, end the search. */
const mostInVain = 4;
/** Custom rules that are off by a larger share are looked into, though differences do not show it. */
const leastHint = 1e-9;
/** Runs that one derivative takes, roughly: whether all elements fit into the time is judged by it. */
const runsEach = 10;
/** Fractions of multiples of it fall evenly into the unit interval. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

export interface Surveyed {
  readonly elements: ElementCheck[];
  readonly directions: DirectionCheck[];
  readonly coverage: Coverage;
}

/** Checks the elements of parameters: all of them, or random directions first and then a sample. */
export class Survey {
  readonly #parameters: readonly ParameterElements[];
  readonly #adjoints: Adjoints;
  readonly #ballot: Ballot;
  readonly #budget: Budget;
  readonly #onProgress: (checked: number, of: number) => void;
  readonly #begin = performance.now();
  readonly #elements = new Map<ParameterElements, Map<number, ElementCheck>>();
  #checked = 0;
  readonly #directions: DirectionCheck[] = [];
  readonly #total: number;
  readonly #random = generator(20);

  constructor(
    parameters: readonly ParameterElements[],
    adjoints: Adjoints,
    ballot: Ballot,
    budget: Budget,
    onProgress: (checked: number, of: number) => void,
  ) {
    this.#parameters = parameters;
    this.#adjoints = adjoints;
    this.#ballot = ballot;
    this.#budget = budget;
    this.#onProgress = onProgress;
    this.#total = parameters.reduce((sum, { length }) => sum + length, 0);
  }

  /** `runMs`: how long the function takes. */
  async finish(runMs: number): Promise<Surveyed> {
    const wanted = Math.min(this.#total, this.#budget.elements);
    const sampled = wanted < this.#total || runMs * runsEach * this.#total > this.#budget.milliseconds;
    if (sampled) await this.#alongDirections();
    const sample = this.#checked === 0 ? sampledElements : this.#checked + sampledBesideWrong;
    const most = sampled ? Math.min(wanted, sample) : wanted;
    const end = this.#begin + this.#budget.milliseconds * (sampled ? sampledShare : 1);
    for (const { parameter, k } of inTurns(this.#parameters)) {
      // A sample has one element of each parameter at least.
      const begun = this.#checked >= (sampled ? Math.min(this.#parameters.length, most) : 0);
      if (this.#checked >= most || this.#late || (begun && performance.now() > end)) break;
      await this.#element(parameter, k);
      this.#onProgress(this.#checked, wanted);
    }
    // In their own order.
    const elements = this.#parameters.flatMap((parameter) =>
      [...(this.#elements.get(parameter) ?? [])].sort(([a], [b]) => a - b).map(([, check]) => check),
    );
    const checked = elements.length;
    const coverage = { elements: this.#total, checked, directions: this.#directions.length };
    const inTime = checked >= most && !this.#late;
    const limit = checked === this.#total ? {} : { limitedBy: inTime ? ("count" as const) : ("time" as const) };
    return {
      elements,
      directions: this.#directions,
      coverage: { ...coverage, ...limit },
    };
  }

  get #elapsed(): number {
    return performance.now() - this.#begin;
  }

  get #late(): boolean {
    return this.#elapsed > this.#budget.milliseconds;
  }

  async #alongDirections(): Promise<void> {
    for (const parameter of this.#parameters) {
      for (let k = 0; k < directionsEach && !this.#late; k++) {
        const tangent = Float64Array.from({ length: parameter.length }, () => unlike(this.#random));
        const all = parameter.together(0, parameter.length, (at) => tangent[at]!, this.#adjoints);
        const votes = await this.#ballot.votes(all.direction, all.reverse);
        this.#directions.push({ name: parameter.name, elements: parameter.length, ...votes });
        this.#tellProgress();
        if (votes.verdict === "non-finite") await this.#searchNonFinite(parameter);
        else await this.#search(parameter, tangent, all, votes);
        if (isBad(votes) || this.#elements.has(parameter)) break;
      }
    }
  }

  /** Looks for the elements that are off along a direction, where the votes or the rules of custom functions say so. */
  async #search(parameter: ParameterElements, tangent: Float64Array, all: Stretch, votes: Votes): Promise<void> {
    const { reverse, numeric, tolerance } = votes;
    const size = Math.abs(reverse) + Math.abs(numeric);
    const measured = { derivative: reverse - numeric, error: tolerance * size };
    const byRules = this.#ballot.ruleDeficit(all);
    const apart = byRules === undefined ? Infinity : Math.abs(measured.derivative - byRules.derivative);
    // Where the rules explain what was measured, they tell what any of the elements have to do with it, and at once.
    const explained = apart <= clearly * measured.error + Math.abs(measured.derivative) / clearly;
    const hinted = byRules !== undefined && Math.abs(byRules.derivative) > clearly * byRules.error + leastHint * size;
    const rules = hinted && (explained || !isBad(votes)) ? byRules : undefined;
    if (rules === undefined && !isBad(votes)) return;
    const most = this.#checked + mostFound;
    let inVain = 0;
    await new Search({
      parameter,
      tangent,
      adjoints: this.#adjoints,
      measure: async (stretch, enough) => {
        this.#tellProgress();
        if (rules === undefined) return this.#ballot.deficit(stretch.direction, stretch.reverse, enough);
        return this.#ballot.ruleDeficit(stretch);
      },
      check: async (k) => {
        const found = await this.#element(parameter, k);
        if (found !== undefined && !isBad(found)) inVain++;
      },
      goOn: () =>
        inVain < mostInVain && this.#checked < most && this.#elapsed < this.#budget.milliseconds * searchedShare,
    }).all(rules ?? measured);
  }

  #tellProgress(): void {
    this.#onProgress(this.#checked, Math.min(this.#total, this.#budget.elements));
  }

  /** The first elements whose adjoint is NaN or infinite. */
  async #searchNonFinite(parameter: ParameterElements): Promise<void> {
    for (let k = 0, found = 0; k < parameter.length && found < mostNonFinite && !this.#late; k++) {
      if (Number.isFinite(parameter.adjoint(k, this.#adjoints))) continue;
      await this.#element(parameter, k);
      found++;
    }
  }

  /** Undefined where it was known before. */
  async #element(parameter: ParameterElements, k: number): Promise<Votes | undefined> {
    const known = this.#elements.get(parameter) ?? new Map<number, ElementCheck>();
    this.#elements.set(parameter, known);
    if (known.has(k)) return undefined;
    const votes = await this.#ballot.votes(parameter.alone(k), parameter.adjoint(k, this.#adjoints));
    const { name, index }: Element = parameter.element(k);
    known.set(k, { name, index, ...votes });
    this.#checked++;
    return votes;
  }
}

export function isBad({ verdict }: Votes): boolean {
  return verdict === "wrong" || verdict === "non-finite";
}

const severity = { wrong: 0, "non-finite": 1, kink: 2, ok: 3 };

/** Worst first. Errors that are the same but for rounding leave the order as it is. */
export function byBadness(a: Votes, b: Votes): number {
  return severity[a.verdict] - severity[b.verdict] || roughly(b.error) - roughly(a.error);
}

function roughly(error: number): number {
  return Number.isNaN(error) ? 0 : Number(error.toPrecision(4));
}

/** Every element of every parameter, an element of each in turn, those of each spread evenly from the beginning on. */
function* inTurns(
  parameters: readonly ParameterElements[],
): Generator<{ readonly parameter: ParameterElements; readonly k: number }> {
  const turns = parameters.map((parameter) => ({ parameter, places: spread(parameter.length) }));
  for (let left = turns; left.length > 0;) {
    left = left.filter(({ places }) => !places.done);
    for (const { parameter, places } of left) {
      const k = places.next();
      if (k !== undefined) yield { parameter, k };
    }
  }
}

/** The numbers below `length`, each once, evenly spread at any time. */
function spread(length: number): { readonly done: boolean; next(): number | undefined } {
  const taken = new Uint8Array(length);
  let turn = 0;
  let count = 0;
  return {
    get done() {
      return count >= length;
    },
    next() {
      if (count >= length) return undefined;
      let k = Math.floor(((++turn * goldenRatio) % 1) * length);
      while (taken[k] === 1) k = (k + 1) % length;
      taken[k] = 1;
      count++;
      return k;
    },
  };
}

/** A part of a direction, of either sign. No two are alike, so that errors of elements do not cancel each other. */
export function unlike(random: () => number): number {
  return (random() < 0.5 ? -1 : 1) * (0.5 + random());
}

/** A value of the shape of `of`, every element made anew. */
export function madeLike(of: Primal, make: () => number): Primal {
  return typeof of === "number" ? make() : new Tensor(of.shape, of.data.map(make));
}

/** Numbers in [0, 1), the same in each run: mulberry32. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
