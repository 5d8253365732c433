/** Steps are made in runs of about this long; between them the process answers, and may be told to stop. */
const runMs = 50;
/** Where more steps in a run cost little, as on a GPU that is far away, a run may take as long as this. */
const longestRunMs = 1000;
/** Twice as many steps in a run are worth their wait where each then takes less than this share of the time. */
const worthwhile = 0.7;

/** How many steps a run makes, from how long the runs before took. */
export class Pacer {
  count = 1;
  /** Of each step, with half as many in a run. */
  #before = Infinity;
  #settled = false;

  /** A run of `made` steps took `took` milliseconds. */
  ran(made: number, took: number): void {
    const fitting = Math.floor((runMs / took) * made);
    if (fitting >= made) {
      this.count = Math.max(1, Math.min(fitting, 4 * made));
      return;
    }
    // The end of an epoch made it shorter than it should have been.
    if (made < this.count) return;
    const each = took / made;
    if (!this.#settled && took <= longestRunMs && each < worthwhile * this.#before) {
      this.#before = each;
      this.count = 2 * made;
      return;
    }
    if (!this.#settled && each >= worthwhile * this.#before) this.count = Math.max(1, Math.floor(made / 2));
    this.#settled = true;
    if (took > longestRunMs) this.count = Math.max(1, Math.floor((longestRunMs / took) * made));
  }
}
