import { insideOfCustomFunctions } from "../differentiate/custom.ts";
import { pullBack } from "../differentiate/recordedPasses.ts";
import { abs } from "../primitives/selection.ts";
import { norm } from "../primitives/reduction.ts";
import { isTraced, primalOf, shapeOf } from "../primitives/rule.ts";
import { reshape, stack } from "../primitives/shaping.ts";
import { checkedModel, type CheckedModel } from "../library/model.ts";
import { valuesOf, type FlatTree, type TreeLeaf } from "../library/tree.ts";
import { recording, recordOn } from "../tape/recording.ts";
import { describeShape, sameShape, sizeOf, type Shape } from "../tape/shape.ts";
import { Tape } from "../tape/tape.ts";
import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";
import { Guards, type RecordedGuard } from "./guards.ts";

export { checkedModel, type CheckedModel };

/** What a model gave cannot be trained on. The message is one whole sentence. */
export class ModelError extends Error {
  override name = "ModelError";
}

/** Where an input of the tape comes from: a whole leaf, or one element of it. */
export interface InputSource {
  readonly kind: "parameter" | "state" | "batch";
  readonly leaf: number;
  readonly element?: number;
}

/** A leaf with what it holds now: as many elements as its shape has. */
export interface LeafData {
  readonly leaf: TreeLeaf;
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** One step on the tape. Values that are no nodes are constants. */
export interface RecordedStep {
  readonly tape: Tape;
  readonly sources: ReadonlyMap<number, InputSource>;
  readonly loss: Value;
  readonly metrics: ReadonlyMap<string, Value>;
  /** By leaf of the parameters. */
  readonly gradients: readonly Value[];
  readonly gradientNorms: readonly Value[];
  readonly parameters: readonly Value[];
  readonly state: readonly Value[];
  readonly guards: readonly RecordedGuard[];
  /** How many of the guards are the loss's; the metrics took the others. */
  readonly lossGuards: number;
}

export interface StepInputs {
  readonly parameters: readonly LeafData[];
  readonly state: readonly LeafData[];
  readonly stateTree: FlatTree;
  readonly batch: readonly LeafData[];
}

/**
 * Runs a model's loss and metrics once with everything that changes from step to step as inputs on a new tape; with
 * `update` the reverse pass and the optimizer's update too. Throws what the model throws, and a ModelError where what it
 * gives is no loss.
 */
export function recordStep(
  model: CheckedModel,
  inputs: StepInputs,
  update: boolean,
  limitBytes?: number,
): RecordedStep {
  const tape = new Tape(limitBytes);
  const guards = new Guards();
  const { watcher } = recording;
  recording.watcher = guards;
  insideOfCustomFunctions.recorded = true;
  try {
    return recordOn(tape, () => {
      recording.site = 0;
      recording.scope = 0;
      return new StepRecorder(tape, model, inputs, guards.list).record(update);
    });
  } finally {
    recording.watcher = watcher;
    insideOfCustomFunctions.recorded = false;
  }
}

/** The step without its metrics, and so without the branches that they take. */
export function withoutMetrics(step: RecordedStep): RecordedStep {
  return { ...step, metrics: new Map(), guards: step.guards.slice(0, step.lossGuards) };
}

/** The metrics in float64, in order, with nothing recorded. Throws what the model throws. */
export function metricsAt(model: CheckedModel, inputs: StepInputs): number[] {
  const given = (leaves: readonly LeafData[]): unknown[] =>
    leaves.map(({ leaf: { kind }, shape, data }) => {
      if (kind === "number") return data[0]!;
      return kind === "tensor" ? new Tensor(shape, Float64Array.from(data)) : nested(shape, Array.from(data));
    });
  const parameters = model.parameters.rebuild(given(inputs.parameters));
  const metrics = asMetrics(model.metrics?.(parameters, model.data.rebuild(given(inputs.batch))));
  return [...metrics.values()].map((metric) => primalOf(metric) as number);
}

class StepRecorder {
  readonly #tape: Tape;
  readonly #model: CheckedModel;
  readonly #inputs: StepInputs;
  readonly #guards: readonly RecordedGuard[];
  readonly #sources = new Map<number, InputSource>();

  constructor(tape: Tape, model: CheckedModel, inputs: StepInputs, guards: readonly RecordedGuard[]) {
    this.#tape = tape;
    this.#model = model;
    this.#inputs = inputs;
    this.#guards = guards;
  }

  record(update: boolean): RecordedStep {
    const model = this.#model;
    const parameters = this.#inputs.parameters.map((leaf, k) => this.#input("parameter", k, leaf));
    const batch = this.#inputs.batch.map((leaf, k) => this.#input("batch", k, leaf));
    const parameterTree = model.parameters.rebuild(parameters.map(({ given }) => given));
    const batchTree = model.data.rebuild(batch.map(({ given }) => given));
    const loss = asLoss(model.loss(parameterTree, batchTree));
    const lossGuards = this.#guards.length;
    const metrics = asMetrics(model.metrics?.(parameterTree, batchTree));
    const step = { tape: this.#tape, sources: this.#sources, loss, metrics, guards: this.#guards, lossGuards };
    if (!update) return { ...step, gradients: [], gradientNorms: [], parameters: [], state: [] };
    recording.site = 0;
    recording.scope = 0;
    const gradients = this.#gradients(loss, parameters);
    const gradientNorms = gradients.map((gradient) => (gradient instanceof Tensor ? norm(gradient) : abs(gradient)));
    const next = this.#update(parameters, gradients);
    return { ...step, gradients, gradientNorms, ...next };
  }

  /** `given` is what the model gets in the leaf's place, `whole` the leaf as one value, `nodes` what adjoints are of. */
  #input(kind: InputSource["kind"], leaf: number, { leaf: { path, kind: form }, shape, data }: LeafData): Input {
    const whole = this.#addInput(form === "number" ? data[0]! : new Tensor(shape, Float64Array.from(data)), path, {
      kind,
      leaf,
    });
    if (form !== "array") return { given: whole, whole, nodes: [(whole as TracedNumber).node], shape };
    const elements = Array.from(data, (value, element) =>
      this.#addInput(value, `${path}[${element}]`, { kind, leaf, element }),
    );
    return { given: nested(shape, elements), whole, nodes: elements.map((x) => (x as TracedNumber).node), shape };
  }

  #addInput(primal: number | Tensor, name: string, source: InputSource): TracedNumber | Tensor {
    const input = this.#tape.addInput(primal, name, 0);
    this.#sources.set(input.node, source);
    return input;
  }

  #gradients(loss: Value, parameters: readonly Input[]): Value[] {
    if (!isTraced(loss)) throw new ModelError("The loss does not depend on the parameters: there is nothing to train.");
    const wanted = new Set(parameters.flatMap(({ nodes }) => nodes));
    const adjoints = pullBack(this.#tape, new Map([[(loss as TracedNumber).node, 1]]), wanted);
    if (![...wanted].some((node) => adjoints.has(node)))
      throw new ModelError("The loss does not depend on the parameters: there is nothing to train.");
    return parameters.map(({ nodes, shape, given, whole }) => {
      if (given === whole) return adjoints.get(nodes[0]!) ?? zeros(shape);
      return reshape(stack(nodes.map((node) => adjoints.get(node) ?? 0)), shape);
    });
  }

  #update(parameters: readonly Input[], gradients: readonly Value[]): Pick<RecordedStep, "parameters" | "state"> {
    const { optimizer, parameters: tree } = this.#model;
    const { stateTree } = this.#inputs;
    const before = this.#inputs.state.map((leaf, k) => this.#input("state", k, leaf).whole);
    const after = optimizer.update(
      tree.rebuild(parameters.map(({ whole }) => whole)) as never,
      tree.rebuild(gradients) as never,
      stateTree.rebuild(before) as never,
    );
    const name = optimizer.name;
    return {
      parameters: alike(name, "parameters", valuesOf(after.parameters), this.#inputs.parameters),
      state: alike(name, "state", valuesOf(after.state), this.#inputs.state),
    };
  }
}

interface Input {
  readonly given: unknown;
  readonly whole: TracedNumber | Tensor;
  readonly nodes: readonly number[];
  readonly shape: Shape;
}

function nested(shape: Shape, elements: readonly unknown[]): unknown {
  const [extent, ...inner] = shape;
  if (extent === undefined) return elements[0];
  const size = sizeOf(inner);
  return Array.from({ length: extent }, (_, k) => nested(inner, elements.slice(k * size, (k + 1) * size)));
}

function zeros(shape: Shape): Value {
  return shape.length === 0 ? 0 : new Tensor(shape, new Float64Array(sizeOf(shape)));
}

function alike(optimizer: string, what: string, values: readonly Value[], leaves: readonly LeafData[]): Value[] {
  const wrong = leaves.findIndex(({ shape }, k) => values[k] === undefined || !sameShape(shapeOf(values[k]), shape));
  if (wrong < 0 && values.length === leaves.length) return [...values];
  throw new ModelError(`The optimizer ${optimizer} gives ${what} that are not built like those it was given.`);
}

function asLoss(value: unknown): Value {
  if (typeof value === "number" || value instanceof TracedNumber) return value;
  if (value instanceof Tensor)
    throw new ModelError(
      `The loss returned a tensor of shape ${describeShape(value.shape)}: reduce it to a number, with sum or mean for example.`,
    );
  if (value instanceof Promise)
    throw new ModelError("The loss is asynchronous: a model that is trained computes in one go.");
  throw new ModelError(
    `The loss returned ${value === undefined ? "nothing" : `a value of type ${typeof value}`}: return a number.`,
  );
}

function asMetrics(value: unknown): ReadonlyMap<string, Value> {
  if (value === undefined) return new Map();
  if (typeof value !== "object" || value === null)
    throw new ModelError("metrics returned no object: return numbers by name, such as { accuracy }.");
  return new Map(
    Object.entries(value).map(([name, metric]: [string, unknown]) => {
      if (typeof metric === "number" || metric instanceof TracedNumber) return [name, metric];
      throw new ModelError(`The metric ${name} is no number.`);
    }),
  );
}

/** What a value holds, as float64. */
export function numbersOf(tape: Tape, value: Value): Float64Array {
  return recordOn(tape, () => {
    const primal = primalOf(value);
    return typeof primal === "number" ? Float64Array.of(primal) : primal.data;
  });
}
