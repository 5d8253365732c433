import { describeShape, type Shape as RuntimeShape } from "../tape/shape.ts";
import { Tensor as RuntimeTensor } from "../tape/tensor.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { random, type Random } from "./random.ts";
import { Complex } from "./complex/number.ts";
import { describe, evenShape, flatten, type FlatTree, type TreeLeaf } from "./tree.ts";
import type { Shape, Tensor, TypedArray } from "./types.ts";

/** The rows of the data that one step takes: built like the data, with fewer rows. Typed arrays arrive as tensors. */
export type Batch<D> =
  D extends Tensor<infer S>
    ? S extends readonly [number, ...infer Rest extends Shape]
      ? Tensor<readonly [number, ...Rest]>
      : Tensor
    : D extends TypedArray
      ? Tensor<readonly [number]>
      : D extends readonly unknown[]
        ? D
        : D extends object
          ? { readonly [K in keyof D]: Batch<D[K]> }
          : D;

/** What is trained, on what, towards what, and how. */
export interface ModelDefinition<P, D> {
  /**
   * Where training begins: numbers and tensors in plain objects and arrays, or a function that draws them from a stream of
   * random numbers made from `seed`: `(rng) => ({ w: heNormal(rng, [64, 10]), b: zeros([10]) })`.
   */
  readonly parameters: P | ((rng: Random) => P);
  /** Tensors and arrays in plain objects, or a list of tensors such as `[x, y]`; all have the examples along their first axis, as many as each other. */
  readonly data: D;
  /** What is made small: a number that hangs on the parameters and on the examples of one batch. */
  readonly loss: (parameters: P, batch: Batch<D>) => number;
  /** What else is told of a batch, by name: `{ accuracy: mean(equal(argmax(logits, -1), batch.labels)) }`. */
  readonly metrics?: (parameters: P, batch: Batch<D>) => Readonly<Record<string, number>>;
  readonly optimizer: Optimizer;
  /** Examples per step, 32 when left out (or all, where there are fewer). */
  readonly batchSize?: number;
  /** How often all examples are gone through, 10 when both this and `steps` are left out. */
  readonly epochs?: number;
  /** How many steps are made, in place of `epochs`. */
  readonly steps?: number;
  /** The share of the examples, drawn with `seed`, that is kept from training and judged by after each epoch. */
  readonly validation?: { readonly fraction: number };
  /** Of the initial parameters, of what is kept for validation, and of the order of the examples; 0 when left out. */
  readonly seed?: number;
}

/** A model that can be trained: `adjoint train`, or Train over its definition. */
export interface Model<P = unknown, D = unknown> {
  readonly definition: ModelDefinition<P, D>;
}

/** A definition that was looked through: its parameters drawn, its data in columns, its numbers in order. */
export interface CheckedModel {
  readonly parameters: FlatTree;
  readonly data: FlatTree;
  readonly examples: number;
  readonly loss: (parameters: unknown, batch: unknown) => unknown;
  readonly metrics: ((parameters: unknown, batch: unknown) => unknown) | undefined;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly epochs: number | undefined;
  readonly steps: number | undefined;
  readonly validationFraction: number;
  readonly seed: number;
}

const checkedModels = new WeakMap<object, CheckedModel>();

/**
 * A model that can be trained. Export it: `export const digits = defineModel({ … })`.
 *
 *     export const line = defineModel({
 *       parameters: { slope: 0, offset: 0 },
 *       data: { x: [0, 1, 2, 3], y: [1, 3, 5, 7] },
 *       loss: ({ slope, offset }, { x, y }) => mean(square(sub(add(mul(slope, x), offset), y))),
 *       optimizer: sgd({ learningRate: 0.1 }),
 *     });
 *
 * @throws Error of one sentence where something is missing, data are empty, ragged or not finite, or a number makes no sense.
 */
export function defineModel<const D, P>(definition: ModelDefinition<P, D>): Model<P, D> {
  const model: Model<P, D> = Object.freeze({ definition: Object.freeze({ ...definition }) });
  checkedModels.set(model, check(definition));
  return model;
}

/** What was found in the definition of a model; undefined of whatever is none. */
export function checkedModel(value: unknown): CheckedModel | undefined {
  return typeof value === "object" && value !== null ? checkedModels.get(value) : undefined;
}

const defaultBatchSize = 32;
const defaultEpochs = 10;

function check(given: unknown): CheckedModel {
  if (typeof given !== "object" || given === null) throw refusal("it takes an object: defineModel({ … })");
  const definition = given as ModelDefinition<unknown, unknown>;
  const { loss, metrics, optimizer, seed = 0, epochs, steps, validation } = definition;
  if (typeof loss !== "function") throw refusal("loss is missing: give a function of the parameters and a batch");
  if (metrics !== undefined && typeof metrics !== "function") throw refusal("metrics is no function");
  if (
    typeof (optimizer as Partial<Optimizer> | undefined)?.update !== "function" ||
    typeof optimizer.init !== "function"
  )
    throw refusal("optimizer is missing: give sgd({ learningRate: 0.1 }) or adam()");
  if (!Number.isSafeInteger(seed)) throw refusal(`seed is ${String(seed)}; give a whole number`);
  const parameters = initialParameters(definition.parameters, seed);
  const { data, examples } = columns(definition.data);
  const fraction = validation?.fraction ?? 0;
  if (!(fraction >= 0 && fraction < 1))
    throw refusal(`validation.fraction is ${fraction}; give a number from 0 up to 1`);
  const training = examples - Math.round(examples * fraction);
  if (training === 0) throw refusal("validation leaves no example to train on");
  whole("epochs", epochs);
  whole("steps", steps);
  whole("batchSize", definition.batchSize);
  const { batchSize = Math.min(defaultBatchSize, training) } = definition;
  if (batchSize > training)
    throw refusal(
      `batchSize is ${batchSize}, but there ${training === 1 ? "is 1 example" : `are ${training} examples`} to train on${fraction > 0 ? " beside those kept for validation" : ""}`,
    );
  return {
    parameters,
    data,
    examples,
    loss: loss,
    metrics: metrics,
    optimizer,
    batchSize,
    epochs: steps === undefined ? (epochs ?? defaultEpochs) : epochs,
    steps,
    validationFraction: fraction,
    seed,
  };
}

function refusal(message: string): Error {
  return new TypeError(`defineModel: ${message}`);
}

function whole(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isInteger(value) && value > 0))
    throw refusal(`${name} is ${String(value)}; give a whole number from 1 on`);
}

function initialParameters(given: unknown, seed: number): FlatTree {
  const tree = typeof given === "function" ? (given as (rng: Random) => unknown)(random(seed)) : given;
  if (tree === undefined)
    throw refusal("parameters are missing: give what is to be trained, such as { w: zeros([2]) }");
  const flat = flatten("defineModel: parameters", tree);
  if (flat.leaves.length === 0) throw refusal("parameters hold no number: there is nothing to train");
  for (const { path, data } of flat.leaves) {
    const wrong = data.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) throw refusal(`parameters${path === "" ? "" : `.${path}`} hold ${wrong}`);
  }
  return flat;
}

/** The leaves of the data: every array in it is one, whatever it is nested in. */
function columns(given: unknown): { readonly data: FlatTree; readonly examples: number } {
  if (given === undefined || given === null)
    throw refusal("data are missing: give tensors or arrays with the examples along their first axis");
  const data = columnsOf(given, "data");
  const [first] = data.leaves;
  if (first === undefined) throw refusal("data hold no tensor and no array");
  const examples = first.shape[0]!;
  for (const leaf of data.leaves) {
    const rows = leaf.shape[0]!;
    if (rows === 0) throw refusal(`${leaf.path} is empty: there is no example in it`);
    if (rows !== examples)
      throw refusal(`${first.path} holds ${examples} examples but ${leaf.path} ${rows}: all must hold as many`);
    checkFinite(leaf);
  }
  return { data, examples };
}

function columnsOf(given: unknown, path: string): FlatTree {
  const column = (kind: TreeLeaf["kind"], shape: RuntimeShape, data: Float64Array): FlatTree => ({
    leaves: [{ path, kind, shape, data }],
    rebuild: ([value]) => value,
  });
  if (given instanceof RuntimeTensor) return column("tensor", given.shape, given.data);
  if (ArrayBuffer.isView(given) && !(given instanceof DataView))
    return column("tensor", [(given as TypedArray).length], Float64Array.from(given as TypedArray));
  if (path === "data" && Array.isArray(given) && given.some(isColumn)) {
    const wrong = given.findIndex((part) => !isColumn(part));
    if (wrong >= 0)
      throw refusal(
        `${path}[${wrong}] is ${describe(given[wrong])}, beside tensors; name the parts in an object: data: { x: …, y: … }`,
      );
    const parts = given.map((part, k) => columnsOf(part, `${path}[${k}]`));
    return {
      leaves: parts.flatMap(({ leaves }) => leaves),
      rebuild: (values) => values.slice(),
    };
  }
  if (Array.isArray(given)) {
    if (given.length === 0) throw refusal(`${path} is empty: there is no example in it`);
    const shape = evenShape(given);
    if (shape === undefined) throw refusal(whyNotEven(given, path));
    return column("array", shape, Float64Array.from(given.flat(shape.length) as number[]));
  }
  if (typeof given !== "object" || given === null)
    throw refusal(`${path} is ${describe(given)}; give a tensor or an array with the examples along its first axis`);
  const members = Object.entries(given).map(([key, value]) => [key, columnsOf(value, `${path}.${key}`)] as const);
  return {
    leaves: members.flatMap(([, { leaves }]) => leaves),
    rebuild: (values) => {
      let at = 0;
      const built = members.map(([key, { leaves, rebuild }]) => {
        const own = values.slice(at, (at += leaves.length));
        return [key, rebuild(own)] as const;
      });
      if (!(given instanceof Complex)) return Object.fromEntries(built);
      const [[, re], [, im]] = built as unknown as [[string, number], [string, number]];
      return new Complex(re, im);
    },
  };
}

/** What holds examples by itself, so that a list of such is several columns and no list of examples. */
function isColumn(part: unknown): boolean {
  return part instanceof RuntimeTensor || (ArrayBuffer.isView(part) && !(part instanceof DataView));
}

function whyNotEven(array: readonly unknown[], path: string): string {
  const shapeOfRow = (row: unknown): RuntimeShape | undefined =>
    typeof row === "number" ? [] : Array.isArray(row) ? evenShape(row) : undefined;
  const [first] = array;
  const wanted = shapeOfRow(first);
  const wrong = array.findIndex((row) => {
    const shape = shapeOfRow(row);
    return shape === undefined || wanted === undefined || describeShape(shape) !== describeShape(wanted);
  });
  const row = array[wrong];
  const shape = shapeOfRow(row);
  if (shape === undefined || wanted === undefined) {
    if (Array.isArray(row)) return `${path}[${wrong}] is ragged, or holds something that is no number`;
    if (isColumn(row))
      return `${path}[${wrong}] is a ${row instanceof RuntimeTensor ? "tensor" : "typed array"}, in a list of examples; make one tensor of them all, as with stack(…)`;
    return `${path}[${wrong}] is ${describe(row)}; give numbers, or arrays of numbers, one for each example`;
  }
  const size = (rowShape: RuntimeShape): string =>
    rowShape.length === 0 || (rowShape.length === 1 && rowShape[0] === 1)
      ? "one number"
      : rowShape.length === 1
        ? `${rowShape[0]!} numbers`
        : describeShape(rowShape);
  return `${path} is ragged: example ${wrong} holds ${size(shape)}, those before it ${size(wanted)}`;
}

function checkFinite({ path, shape, data }: TreeLeaf): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const perRow = data.length / shape[0]!;
  const column = perRow === 1 ? "" : `, column ${(at % perRow) + 1}`;
  throw refusal(
    `${path} holds ${data[at]!} in row ${Math.floor(at / perRow) + 1}${column}: leave such examples out, or put a number in its place`,
  );
}
