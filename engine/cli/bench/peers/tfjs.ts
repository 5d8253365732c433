import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import type { Elements, Library, Operations, Prepared, Workload } from "../workload.ts";
import { installed } from "./load.ts";

interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
}

/** What is used of TensorFlow.js. */
interface Tf {
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  variable(initial: TfTensor): TfTensor;
  tidy<T>(body: () => T): T;
  variableGrads(f: () => TfTensor): { value: TfTensor; grads: Record<string, TfTensor> };
  dispose(values: unknown): void;
  readonly train: {
    sgd(learningRate: number): {
      minimize(f: () => TfTensor, returnCost: true): TfTensor;
      dispose(): void;
    };
  };
  readonly losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  div(a: TfTensor, b: TfTensor): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  square(x: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  exp(x: TfTensor): TfTensor;
  log(x: TfTensor): TfTensor;
  sin(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  mean(x: TfTensor, axis?: number, keepDims?: boolean): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  transpose(x: TfTensor, axes: readonly number[]): TfTensor;
  gather(x: TfTensor, index: number, axis: number): TfTensor;
}

/** TensorFlow.js on WebAssembly; undefined where it is not installed. */
export async function tfjs(): Promise<Library | undefined> {
  const tf = (await installed("@tensorflow/tfjs")) as Tf | undefined;
  const wasm = (await installed("@tensorflow/tfjs-backend-wasm")) as { setWasmPaths(folder: string): void } | undefined;
  if (tf === undefined || wasm === undefined) return undefined;
  const binaries = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
  wasm.setWasmPaths(binaries + sep);
  await tf.setBackend("wasm");
  return { name: "tfjs (wasm)", prepare: (workload) => Promise.resolve(prepare(tf, workload)) };
}

function prepare(tf: Tf, { parameters, data, loss, learningRate }: Workload): Prepared {
  const operations: Operations<TfTensor> = {
    add: (a, b) => tf.add(a, b),
    sub: (a, b) => tf.sub(a, b),
    mul: (a, b) => tf.mul(a, b),
    div: (a, b) => tf.div(a, b),
    matmul: (a, b) => tf.matMul(a, b),
    square: (x) => tf.square(x),
    rsqrt: (x) => tf.rsqrt(x),
    exp: (x) => tf.exp(x),
    log: (x) => tf.log(x),
    sin: (x) => tf.sin(x),
    tanh: (x) => tf.tanh(x),
    relu: (x) => tf.relu(x),
    softmax: (x) => tf.softmax(x),
    mean: (x) => tf.mean(x, -1, true),
    meanOfAll: (x) => tf.mean(x),
    reshape: (x, shape) => tf.reshape(x, shape),
    transpose: (x, axes) => tf.transpose(x, axes),
    column: (x, at) => tf.gather(x, at, 1),
    crossEntropy: (logits, probabilities) => tf.losses.softmaxCrossEntropy(probabilities, logits),
  };
  const made = (values: Readonly<Record<string, Elements>>, make: (tensor: TfTensor) => TfTensor) =>
    Object.fromEntries(
      Object.entries(values).map(([name, { shape, data: elements }]) => [name, make(tf.tensor(elements, shape))]),
    );
  const weights = made(parameters, (tensor) => tf.variable(tensor));
  const batch = made(data, (tensor) => tensor);
  const lossOf = (): TfTensor => loss(operations, weights, batch);
  const optimizer = learningRate === undefined ? undefined : tf.train.sgd(learningRate);
  const step = (): number => {
    if (optimizer !== undefined) {
      const cost = optimizer.minimize(lossOf, true);
      const [value] = cost.dataSync();
      cost.dispose();
      return value!;
    }
    const { value, grads } = tf.variableGrads(lossOf);
    const [result] = value.dataSync();
    tf.dispose([value, grads]);
    return result!;
  };
  return {
    step: () => Promise.resolve(step()),
    dispose: () => {
      tf.dispose([weights, batch]);
      optimizer?.dispose();
    },
  };
}
