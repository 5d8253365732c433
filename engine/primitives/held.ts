/**
 * What `stopGradient` passes on. Its value counts as a constant, so who moves the inputs to take differences must hold it
 * still: the values of one run are kept in order and given again in the next.
 */
class HeldValues {
  #kept: number[] | undefined;
  #next: number | undefined;

  readonly pass = (x: number): number => {
    if (this.#kept === undefined) return x;
    if (this.#next !== undefined) return this.#kept[this.#next++] ?? x;
    this.#kept.push(x);
    return x;
  };

  /** Keeps the values from here on. */
  keep(): void {
    this.#kept = [];
    this.#next = undefined;
  }

  /** Gives the kept values again, from the first. */
  repeat(): void {
    this.#next = 0;
  }

  /** Forgets them: values pass as they are. */
  release(): void {
    this.#kept = undefined;
    this.#next = undefined;
  }
}

export const heldValues = new HeldValues();
