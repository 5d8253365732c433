import type { Adjoints } from "../differentiate/reverse.ts";
import type { ParameterElements, Stretch } from "./elements.ts";
import type { Estimate } from "./ridders.ts";

/** A deficit so many times its error is one. */
export const clearly = 8;
/** A part of a deficit that is a smaller share of it is looked for once the rest is found. */
const smallShare = 1 / clearly ** 3;
/** Shorter stretches are halved: where their only wrong element is need not be known first. */
const shortest = 16;
/** A window around the only wrong element that is a larger share of the stretch is worth no more than half of it. */
const narrow = 1 / 4;
/** What is too small beside what has been found is searched for again so often. */
const mostRounds = 6;
/** Of so many neighbours that are all wrong, what lies beside is wrong as well: it need not be gone through. */
const denseRun = 32;

export interface Searching {
  readonly parameter: ParameterElements;
  readonly adjoints: Adjoints;
  /** How much each element moves. */
  readonly tangent: Float64Array;
  /** How far the adjoints are off along some of the elements, to an error of `enough` if that can be. */
  readonly measure: (stretch: Stretch, enough: number) => Promise<Estimate | undefined>;
  /** Checks one element by itself. */
  readonly check: (k: number) => Promise<void>;
  readonly goOn: () => boolean;
}

/**
 * Group testing for the wrong elements of one parameter: a direction tells of all elements that move along it how far
 * their adjoints are off in sum. Weighted by their places, the same sum gives the centre of what is off, which is the place
 * itself where one element is; else the stretch is halved, and of its halves only one is measured, the other is what is
 * left. D. Du, F. Hwang, Combinatorial Group Testing and Its Applications, 2nd ed. (2000), ch. 2.
 */
export class Search {
  readonly #with: Searching;
  readonly #tangent: Float64Array;
  #last = -1;
  #run = 0;

  constructor(searching: Searching) {
    this.#with = searching;
    this.#tangent = searching.tangent.slice();
  }

  /** `deficit`: along all elements. */
  async all(deficit: Estimate): Promise<void> {
    const { length } = this.#tangent;
    let left: Estimate | undefined = deficit;
    for (let round = 0; round < mostRounds && left !== undefined && this.#goesOn; round++) {
      const before = this.#last;
      await this.#within(0, length, left);
      if (this.#last === before) return;
      const rest: Estimate | undefined = await this.#measured(0, length, Math.abs(left.derivative) * smallShare);
      left = rest !== undefined && Math.abs(rest.derivative) > clearly * rest.error ? rest : undefined;
    }
  }

  get #goesOn(): boolean {
    return this.#run < denseRun && this.#with.goOn();
  }

  async #within(from: number, to: number, deficit: Estimate): Promise<void> {
    if (!this.#goesOn) return;
    if (to - from === 1) return this.#found(from);
    const size = Math.abs(deficit.derivative);
    const window = to - from < shortest ? undefined : await this.#windowOf(from, to, deficit);
    if (window !== undefined) return this.#within(window.from, window.to, window.deficit);
    const enough = size / clearly ** 2;
    const middle = (from + to) >> 1;
    const first = await this.#measured(from, middle, enough);
    if (first === undefined) return;
    const rest = { derivative: deficit.derivative - first.derivative, error: deficit.error + first.error };
    // What is left after a subtraction is measured by itself where it is not sure whether there is anything.
    const unsure = Math.abs(rest.derivative) < clearly ** 2 * rest.error && rest.error > enough / clearly;
    const second = (unsure ? await this.#measured(middle, to, enough) : undefined) ?? rest;
    const isOff = ({ derivative, error }: Estimate): boolean =>
      Math.abs(derivative) > Math.max(clearly * error, size * smallShare);
    if (isOff(first)) await this.#within(from, middle, first);
    if (isOff(second)) await this.#within(middle, to, second);
  }

  /** The few elements that all of the deficit comes from, if the centre of what is off is among them. */
  async #windowOf(
    from: number,
    to: number,
    { derivative, error }: Estimate,
  ): Promise<{ readonly from: number; readonly to: number; readonly deficit: Estimate } | undefined> {
    const length = to - from;
    const size = Math.abs(derivative);
    if (error > size * narrow) return undefined;
    const weighted = await this.#measured(from, to, size / length, (k) => (k - from) / length);
    if (weighted === undefined) return undefined;
    const centre = weighted.derivative / derivative;
    const reach = Math.ceil((2 * length * (weighted.error + Math.abs(centre) * error)) / size);
    const at = from + Math.round(centre * length);
    if (at < from || at >= to || 2 * reach + 1 > length * narrow) return undefined;
    const [low, high] = [Math.max(from, at - reach), Math.min(to, at + reach + 1)];
    const inside = await this.#measured(low, high, size / clearly ** 2);
    if (inside === undefined) return undefined;
    const outside = Math.abs(derivative - inside.derivative);
    if (outside > Math.max(clearly * (error + inside.error), size * smallShare)) return undefined;
    return { from: low, to: high, deficit: inside };
  }

  #measured(
    from: number,
    to: number,
    enough: number,
    weight: (k: number) => number = () => 1,
  ): Promise<Estimate | undefined> {
    const { parameter, adjoints, measure } = this.#with;
    return measure(
      parameter.together(from, to, (k) => this.#tangent[k]! * weight(k), adjoints),
      enough,
    );
  }

  async #found(k: number): Promise<void> {
    this.#run = k === this.#last + 1 ? this.#run + 1 : 1;
    this.#last = k;
    // What has been found stands still from now on.
    this.#tangent[k] = 0;
    await this.#with.check(k);
  }
}
