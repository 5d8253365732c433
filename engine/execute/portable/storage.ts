import type { Leaf, Residents, Weights } from "../executor.ts";

/** What stays in memory between steps. */
export class Storage {
  readonly data: readonly Leaf[];
  readonly parameters: readonly Float32Array[];
  readonly state: readonly (Float32Array | Float64Array)[];

  constructor({ data, weights, stateShapes }: Residents) {
    this.data = data;
    this.parameters = weights.parameters.map((leaf) => Float32Array.from(leaf));
    this.state = weights.state.map((leaf, k) =>
      stateShapes[k]!.length === 0 ? Float64Array.from(leaf) : Float32Array.from(leaf),
    );
  }

  write({ parameters, state }: Weights): void {
    this.parameters.forEach((leaf, k) => leaf.set(parameters[k]!));
    this.state.forEach((leaf, k) => leaf.set(state[k]!));
  }
}
