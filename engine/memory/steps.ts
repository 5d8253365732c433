import { Numbers } from "../tape/numbers.ts";

/** Operations in the order in which they run, each with the storages that it reads and writes. */
export class Steps {
  /** The node of the run that each step belongs to; in the backward pass the one that passes its adjoint on. */
  readonly nodes = new Numbers(Int32Array);
  /** In the backward pass, to which of the node's inputs. */
  readonly positions = new Numbers(Int32Array);
  /** Storages that are read, and ~storage of those that are written; those of step k begin at `begins[k]`. */
  readonly #accesses = new Numbers(Int32Array);
  readonly #begins = new Numbers(Int32Array);

  get length(): number {
    return this.nodes.length;
  }

  add(node: number, position = 0): void {
    this.nodes.push(node);
    this.positions.push(position);
    this.#begins.push(this.#accesses.length);
  }

  /** Of the step that was added last. */
  read(storage: number): void {
    this.#accesses.push(storage);
  }

  write(storage: number): void {
    this.#accesses.push(~storage);
  }

  /** Calls `visit` with each storage that a step reads, and with ~storage for each that it writes. */
  forEachAccess(step: number, visit: (access: number) => void): void {
    const { array } = this.#accesses;
    for (let k = this.#begins.get(step), end = this.end(step); k < end; k++) visit(array[k]!);
  }

  /** The same for who looks at very many: the accesses of a step stand in here from `begin` up to `end`. */
  get accesses(): Int32Array {
    return this.#accesses.array;
  }

  begin(step: number): number {
    return this.#begins.get(step);
  }

  end(step: number): number {
    return step + 1 < this.length ? this.#begins.get(step + 1) : this.#accesses.length;
  }
}
