import type { Elements, Library, Operations, Prepared, Workload } from "../workload.ts";
import { installed } from "./load.ts";

interface JaxArray {
  /** Another reference: every function takes one of each argument. */
  readonly ref: JaxArray;
  dataSync(): Float32Array;
  dispose(): void;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray): JaxArray;
  mean(axis?: number, options?: { readonly keepdims: boolean }): JaxArray;
  sum(axis?: number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(axes: readonly number[]): JaxArray;
  slice(...index: readonly (number | readonly [])[]): JaxArray;
}

type Arrays = Record<string, JaxArray>;

/** What is used of jax-js. */
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): unknown;
  jit<F extends (...args: never[]) => unknown>(f: F): F;
  valueAndGrad(f: (weights: Arrays, data: Arrays) => JaxArray): (weights: Arrays, data: Arrays) => [JaxArray, Arrays];
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    square(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    reciprocal(x: JaxArray): JaxArray;
    exp(x: JaxArray): JaxArray;
    log(x: JaxArray): JaxArray;
    sin(x: JaxArray): JaxArray;
    tanh(x: JaxArray): JaxArray;
  };
  readonly nn: {
    relu(x: JaxArray): JaxArray;
    softmax(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
  };
}

/** jax-js on WebAssembly, compiled by its `jit`; undefined where it is not installed. */
export async function jaxjs(): Promise<Library | undefined> {
  const jax = (await installed("@jax-js/jax")) as Jax | undefined;
  if (jax === undefined) return undefined;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return { name: "jax-js (jit, wasm)", prepare: (workload) => Promise.resolve(prepare(jax, workload)) };
}

function prepare(jax: Jax, { parameters, data, loss, learningRate }: Workload): Prepared {
  const { numpy, nn } = jax;
  const other = (b: JaxArray | number): JaxArray | number => (typeof b === "number" ? b : b.ref);
  const operations: Operations<JaxArray> = {
    add: (a, b) => a.ref.add(other(b)),
    sub: (a, b) => a.ref.sub(b.ref),
    mul: (a, b) => a.ref.mul(other(b)),
    div: (a, b) => a.ref.div(b.ref),
    matmul: (a, b) => numpy.matmul(a.ref, b.ref),
    square: (x) => numpy.square(x.ref),
    rsqrt: (x) => numpy.reciprocal(numpy.sqrt(x.ref)),
    exp: (x) => numpy.exp(x.ref),
    log: (x) => numpy.log(x.ref),
    sin: (x) => numpy.sin(x.ref),
    tanh: (x) => numpy.tanh(x.ref),
    relu: (x) => nn.relu(x.ref),
    softmax: (x) => nn.softmax(x.ref),
    mean: (x) => x.ref.mean(-1, { keepdims: true }),
    meanOfAll: (x) => x.ref.mean(),
    reshape: (x, shape) => x.ref.reshape(shape),
    transpose: (x, axes) => x.ref.transpose(axes),
    column: (x, at) => x.ref.slice([], at),
    crossEntropy: (logits, probabilities) => nn.logSoftmax(logits.ref).mul(probabilities.ref).sum(-1).mean().mul(-1),
  };
  const arrays = (values: Readonly<Record<string, Elements>>): Arrays =>
    Object.fromEntries(
      Object.entries(values).map(([name, { shape, data: elements }]) => [name, numpy.array(elements).reshape(shape)]),
    );
  let weights = arrays(parameters);
  const batch = arrays(data);
  const derive = jax.valueAndGrad((p, d) => loss(operations, p, d));
  const compiled = jax.jit((p: Arrays, d: Arrays): [JaxArray, Arrays] => {
    const [value, gradient] = derive(
      mapped(p, ({ ref }) => ref),
      d,
    );
    if (learningRate === undefined) return [value, gradient];
    return [value, mapped(p, (w, name) => w.sub(gradient[name]!.mul(learningRate)))];
  });
  const step = (): number => {
    const [value, results] = compiled(
      mapped(weights, ({ ref }) => ref),
      mapped(batch, ({ ref }) => ref),
    );
    const [number] = value.dataSync();
    // It computes only what is asked for.
    for (const result of Object.values(results)) result.ref.dataSync();
    if (learningRate === undefined) mapped(results, (result) => result.dispose());
    else {
      mapped(weights, (weight) => weight.dispose());
      weights = results;
    }
    return number!;
  };
  return {
    step: () => Promise.resolve(step()),
    dispose: () => {
      for (const array of [...Object.values(weights), ...Object.values(batch)]) array.dispose();
    },
  };
}

function mapped<U>(arrays: Arrays, f: (array: JaxArray, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, f(array, name)]));
}
