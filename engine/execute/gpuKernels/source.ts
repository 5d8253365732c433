import { stridesOf, type Shape } from "../../tape/shape.ts";

/**
 * The text of one kernel as it is written: constants in single assignment, each as far out of the loops as what it hangs
 * on allows, equal ones once. Everything that is not an index or a comparison of whole numbers is a call of a native
 * function: gpu.js then infers the types as they are meant.
 */
export class KernelSource {
  readonly #scopes: string[][] = [[]];
  /** By name, in how many loops it stands. */
  readonly #depths = new Map<string, number>();
  readonly #known = new Map<string, string>();
  readonly #textures: number[] = [];
  readonly #numbers: number[] = [];
  /** By what they are called for. */
  readonly #offsets = new Map<string, number>();
  #names = 0;
  #loops = 0;

  /** Where the kernel's result stands among the results. */
  readonly own = this.whole("this.thread.x");

  /** A texture's argument. */
  texture(node: number): string {
    const index = this.#textures.indexOf(node);
    return `b${index >= 0 ? index : this.#textures.push(node) - 1}`;
  }

  /** The argument of a number that is computed before the kernels run. */
  number(slot: number): string {
    const index = this.#numbers.indexOf(slot);
    return `n${index >= 0 ? index : this.#numbers.push(slot) - 1}`;
  }

  /** The argument of where reading a texture begins. */
  offset(node: number, begin: number): string {
    return this.known(`texture ${node}`, begin);
  }

  /** The argument of a number that is known, but would give equal kernels different texts. */
  known(name: string, value: number): string {
    this.#offsets.set(name, value);
    return `o${[...this.#offsets.keys()].indexOf(name)}`;
  }

  /** A whole number: an index. */
  whole(expression: string): string {
    return this.#define("i", expression);
  }

  /** A number of single precision. */
  float(expression: string): string {
    return this.#define("t", expression);
  }

  call(name: string, ...operands: readonly string[]): string {
    return this.float(`${name}_(${operands.join(", ")})`);
  }

  /** What is changed in loops. */
  variable(initial: string): string {
    const name = `a${this.#names++}`;
    this.#depths.set(name, this.#scopes.length - 1);
    this.#scopes.at(-1)!.push(`let ${name} = copy_(${initial});`);
    return name;
  }

  set(variable: string, expression: string): void {
    this.#scopes.at(-1)!.push(`${variable} = ${expression};`);
  }

  /** Its bound is a constant: gpu.js ends others after 1000 rounds. */
  loop(count: number, body: (index: string) => void): void {
    const index = `e${this.#loops++}`;
    this.#scopes.push([]);
    this.#depths.set(index, this.#scopes.length - 1);
    body(index);
    const lines = this.#scopes.pop()!;
    for (const [expression, name] of this.#known)
      if (this.#depths.get(name)! >= this.#scopes.length) this.#known.delete(expression);
    this.#scopes.at(-1)!.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {\n${lines.join("\n")}\n}`);
  }

  finish(result: string): {
    readonly source: string;
    readonly textures: readonly number[];
    readonly numbers: readonly number[];
    readonly offsets: readonly number[];
  } {
    const offsets = [...this.#offsets.values()];
    const parameters = [
      ...this.#textures.map((_, k) => `b${k}`),
      ...this.#numbers.map((_, k) => `n${k}`),
      ...offsets.map((_, k) => `o${k}`),
    ];
    const lines = [...this.#scopes[0]!, `return copy_(${result});`];
    return {
      source: `function(${parameters.join(", ")}) {\n${lines.join("\n")}\n}`,
      textures: this.#textures,
      numbers: this.#numbers,
      offsets,
    };
  }

  #define(prefix: "i" | "t", expression: string): string {
    const known = this.#known.get(expression);
    if (known !== undefined) return known;
    // What hangs on a variable is what it is here and now.
    const varies = /\ba\d+\b/.test(expression);
    let depth = varies ? this.#scopes.length - 1 : 0;
    for (const [name] of expression.matchAll(/\b[aeit]\d+\b/g)) depth = Math.max(depth, this.#depths.get(name)!);
    const name = `${prefix}${this.#names++}`;
    this.#depths.set(name, depth);
    if (!varies) this.#known.set(expression, name);
    this.#scopes[depth]!.push(`const ${name} = ${expression};`);
    return name;
  }
}

/** A number as it stands in a kernel, in single precision. */
export function numberText(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return "bits_(2143289344)";
  if (!Number.isFinite(single)) return single > 0 ? "bits_(2139095040)" : "bits_(-8388608)";
  return Object.is(single, -0) || single < 0 ? `(-${-single})` : String(single);
}

/** Sums and products of index expressions, the constants among them computed. */
export function plus(source: KernelSource, terms: readonly string[]): string {
  const constant = terms.filter(isConstant).reduce((sum, term) => sum + constantOf(term), 0);
  const rest = terms.filter((term) => !isConstant(term));
  if (constant !== 0 || rest.length === 0) rest.push(constantText(constant));
  return rest.length === 1 ? rest[0]! : source.whole(rest.join(" + "));
}

export function times(source: KernelSource, term: string, factor: number): string {
  if (factor === 1) return term;
  if (factor === 0) return "0";
  return isConstant(term) ? constantText(constantOf(term) * factor) : source.whole(`${term} * ${constantText(factor)}`);
}

const isConstant = (term: string): boolean => /^(\d+|\(-\d+\))$/.test(term);
const constantOf = (term: string): number => Number(term.replace(/[()]/g, ""));
const constantText = (value: number): string => (value < 0 ? `(-${-value})` : `${value}`);

/** A place in a tensor: by its axes, by its row-major number, or by both, each written only where it is asked for. */
export class Index {
  readonly shape: Shape;
  readonly #source: KernelSource;
  #flat: string | undefined;
  #axes: readonly string[] | undefined;

  constructor(
    source: KernelSource,
    shape: Shape,
    place: { readonly flat: string } | { readonly axes: readonly string[] },
  ) {
    this.#source = source;
    this.shape = shape;
    if ("flat" in place) this.#flat = place.flat;
    else this.#axes = place.axes;
  }

  /** Equal for equal places. */
  get key(): string {
    return this.#axes?.join() ?? this.#flat!;
  }

  get flat(): string {
    const strides = stridesOf(this.shape);
    return (this.#flat ??= plus(
      this.#source,
      this.axes.map((axis, k) => (this.shape[k] === 1 ? "0" : times(this.#source, axis, strides[k]!))),
    ));
  }

  get axes(): readonly string[] {
    return (this.#axes ??= this.#split());
  }

  #split(): string[] {
    const strides = stridesOf(this.shape);
    let outermost = true;
    return this.shape.map((extent, k) => {
      if (extent === 1) return "0";
      const stride = strides[k]!;
      const quotient = stride === 1 ? this.#flat! : this.#source.whole(`quotient_(${this.#flat!}, ${stride})`);
      if (outermost) {
        outermost = false;
        return quotient;
      }
      return this.#source.whole(`indexRemainder_(${quotient}, ${extent})`);
    });
  }

  withAxes(shape: Shape, axes: readonly string[]): Index {
    return new Index(this.#source, shape, { axes });
  }

  withFlat(shape: Shape): Index {
    return new Index(this.#source, shape, { flat: this.flat });
  }
}
