import { operationName } from "../primitives/names.ts";
import { custom, customRuleOf } from "../primitives/custom.ts";
import { sameShape, sizeOf, type Shape } from "../tape/shape.ts";
import { constantOperation } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import type { OperationName, Program, ProgramValue } from "./program.ts";
import { ModelError, type RecordedStep, type StepInputs } from "./record.ts";

type Attributes = Readonly<Record<string, unknown>>;
const none: Attributes = {};

/**
 * The program of a recorded step: what its outputs hang on, each thing once. Equal operations on equal inputs become one,
 * and so metrics that compute the model's output again cost nothing.
 */
export function buildProgram(step: RecordedStep, inputs: StepInputs): Program {
  return new Builder(step, inputs).build();
}

class Builder {
  readonly #step: RecordedStep;
  readonly #inputs: StepInputs;
  readonly #values: ProgramValue[] = [];
  readonly #known = new Map<string, number>();
  readonly #tensors = new Map<Tensor, number>();
  /** By node. */
  readonly #ids: Int32Array;
  /** Of a value that is element k of a tensor: which. */
  readonly #elements = new Map<number, { readonly of: number; readonly element: number }>();
  /** By node, the value that it stands for: a custom function is what it does inside, with the inputs it was given. */
  readonly #standsFor = new Map<number, Value>();

  constructor(step: RecordedStep, inputs: StepInputs) {
    this.#step = step;
    this.#inputs = inputs;
    this.#ids = new Int32Array(step.tape.length).fill(-1);
  }

  build(): Program {
    const { tape, loss, metrics, gradients, gradientNorms, parameters, state, guards } = this.#step;
    const metricValues = [...metrics.values()];
    const all = [loss, ...metricValues, ...gradients, ...gradientNorms, ...parameters, ...state];
    this.#openCustomFunctions();
    const needed = new Uint8Array(tape.length);
    for (const value of all) if (typeof value !== "number" && tape.holds(value)) needed[value.node] = 1;
    for (const { node } of guards) needed[node] = 1;
    for (let node = tape.length - 1; node >= 0; node--)
      if (needed[node] === 1) for (const input of this.#inputsOf(node)) if (input >= 0) needed[input] = 1;
    for (let node = 0; node < tape.length; node++) if (needed[node] === 1) this.#ids[node] = this.#add(node);
    const ids = (values: readonly Value[]): number[] => values.map((value) => this.#idOf(value));
    return {
      batchSize: this.#inputs.batch[0]!.shape[0]!,
      metrics: [...metrics.keys()],
      outputs: {
        loss: this.#idOf(loss),
        metrics: ids(metricValues),
        gradients: ids(gradients),
        gradientNorms: ids(gradientNorms),
        parameters: ids(parameters),
        state: ids(state),
      },
      guards: guards.map(({ node, expected }) => ({ value: this.#ids[node]!, expected })),
      values: this.#values,
    };
  }

  #openCustomFunctions(): void {
    const { tape } = this.#step;
    for (let node = 0; node < tape.length; node++) {
      if (tape.operation[node] !== custom.code) continue;
      const { inside, definition } = customRuleOf(tape.attributes(node));
      if (inside === undefined) throw new ModelError(`The custom rule at site ${definition} was not recorded inside.`);
      this.#standsFor.set(node, inside.result);
      tape.inputValues(node).forEach((input, k) => this.#standsFor.set(inside.from + k, input));
    }
  }

  /** Words. */
  #inputsOf(node: number): number[] {
    const { tape } = this.#step;
    const instead = this.#standsFor.get(node);
    if (instead !== undefined) return typeof instead !== "number" && tape.holds(instead) ? [instead.node] : [];
    const words: number[] = [];
    tape.forEachWord(node, (word) => words.push(word));
    return words;
  }

  #idOf(value: Value): number {
    if (typeof value === "number") return this.#constant(value);
    if (this.#step.tape.holds(value)) return this.#ids[value.node]!;
    return value instanceof Tensor ? this.#tensorConstant(value) : this.#constant(value.primal);
  }

  #word(word: number): number {
    return word >= 0 ? this.#ids[word]! : this.#constant(this.#step.tape.constants.get(~word));
  }

  #add(node: number): number {
    const { tape, sources } = this.#step;
    const instead = this.#standsFor.get(node);
    if (instead !== undefined) return this.#idOf(instead);
    const source = sources.get(node);
    if (source !== undefined) {
      const { kind, leaf, element } = source;
      const { shape } = this.#inputs[kind === "batch" ? "batch" : kind === "state" ? "state" : "parameters"][leaf]!;
      const whole = this.#keep(`${kind} ${leaf}`, () => ({ kind, leaf, shape }));
      return element === undefined ? whole : this.#element(whole, shape, element);
    }
    const code = tape.operation[node]!;
    if (code === constantOperation) return this.#tensorConstant(tape.primalOf(node) as Tensor);
    const name = operationName(code);
    if (name === "input") throw new ModelError("A value of another recording is used in the loss.");
    if (name === "identity") return this.#word(this.#inputsOf(node)[0]!);
    const attributes = tape.attributes(node);
    return this.#operation(
      name as OperationName,
      this.#inputsOf(node).map((word) => this.#word(word)),
      tape.shapeOf(node),
      attributes,
    );
  }

  #operation(name: OperationName, inputs: readonly number[], shape: Shape, attributes: Attributes): number {
    if (name === "reshape") return this.#reshape(inputs[0]!, shape);
    if (name === "stack") {
      const whole = this.#stacked(inputs, shape);
      if (whole !== undefined) return whole;
    }
    const key = `${name} ${inputs.join(",")} ${attributes === none ? "" : JSON.stringify(attributes)}`;
    const id = this.#keep(key, () => ({ kind: "operation", name, inputs, shape, attributes: plain(attributes) }));
    if (name === "slice" && shape.length === 0) {
      const { starts, whole } = attributes as { starts: readonly number[]; whole: Shape };
      const element = starts.reduce((at, start, axis) => at * whole[axis]! + start, 0);
      this.#elements.set(id, { of: inputs[0]!, element });
    }
    return id;
  }

  /** One element of a tensor, as a slice of it. */
  #element(whole: number, shape: Shape, element: number): number {
    const starts = shape.map((extent, axis) => Math.floor(element / sizeOf(shape.slice(axis + 1))) % extent);
    const axes = shape.map((_, axis) => axis);
    const region = { starts, steps: axes.map(() => 1), extents: axes.map(() => 1), dropped: axes, whole: shape };
    return this.#operation("slice", [whole], [], region);
  }

  /** A tensor put together from all elements of another, in order, is that tensor. */
  #stacked(inputs: readonly number[], shape: Shape): number | undefined {
    const first = this.#elements.get(inputs[0]!);
    if (first === undefined || sizeOf(this.#values[first.of]!.shape) !== inputs.length) return undefined;
    const all = inputs.every((input, k) => {
      const found = this.#elements.get(input);
      return found?.of === first.of && found.element === k;
    });
    return all ? this.#reshape(first.of, shape) : undefined;
  }

  #reshape(input: number, shape: Shape): number {
    const value = this.#values[input]!;
    if (sameShape(value.shape, shape)) return input;
    if (value.kind === "operation" && value.name === "reshape") return this.#reshape(value.inputs[0]!, shape);
    const attributes = { shape };
    return this.#keep(`reshape ${input} ${shape.join(",")}`, () => ({
      kind: "operation",
      name: "reshape",
      inputs: [input],
      shape,
      attributes,
    }));
  }

  #constant(value: number): number {
    return this.#keep(`constant ${Object.is(value, -0) ? "-0" : value}`, () => ({
      kind: "constant",
      shape: [],
      data: value,
    }));
  }

  #tensorConstant(tensor: Tensor): number {
    let id = this.#tensors.get(tensor);
    if (id === undefined) {
      id = this.#values.push({ kind: "constant", shape: tensor.shape, data: Float32Array.from(tensor.data) }) - 1;
      this.#tensors.set(tensor, id);
    }
    return id;
  }

  #keep(key: string, make: () => ProgramValue): number {
    let id = this.#known.get(key);
    if (id === undefined) {
      id = this.#values.push(make()) - 1;
      this.#known.set(key, id);
    }
    return id;
  }
}

/** Only what can be cloned. */
function plain(attributes: Attributes): Attributes {
  return JSON.parse(JSON.stringify(attributes)) as Attributes;
}
