/** Discrete Fourier transforms as products of matrices, of long ones in two rounds (Cooley and Tukey 1965). */
import { sizeOf } from "../../tape/shape.ts";
import type { Graph } from "./graph.ts";
import { unsupported } from "./unsupported.ts";

/** Longer ones are made of two, if their length is a product. */
const wholeFourier = 64;
/** The matrix of a longer one would be too large. */
const longestFourier = 1024;

/** The transform along an axis, of real parts and imaginary parts along axis 0. */
export function fourier(graph: Graph, x: number, axis: number, inverse: boolean): number {
  const shape = graph.shapeOf(x);
  const count = shape[axis]!;
  const inner = count > wholeFourier ? nearestFactor(count) : 1;
  if (inner === 1) return byProduct(graph, x, axis, inverse);
  // X[p + m·q] = Σⱼ e^(∓2πi·jp/N) e^(∓2πi·jq/n) Σₖ x[n·k + j] e^(∓2πi·kp/m), N = m·n
  const outer = count / inner;
  const split = (first: number, second: number): number[] => [
    ...shape.slice(0, axis),
    first,
    second,
    ...shape.slice(axis + 1),
  ];
  const parts = fourier(graph, graph.reshape(x, split(outer, inner)), axis, inverse);
  const turned = fourier(graph, twiddled(graph, parts, axis, inverse), axis + 1, inverse);
  const order = [...graph.shapeOf(turned).keys()].with(axis, axis + 1).with(axis + 1, axis);
  const joined = graph.operation("transpose", [turned], split(inner, outer), { axes: order });
  return graph.reshape(joined, shape);
}

/** The largest factor up to the square root; 1 of a prime. */
function nearestFactor(count: number): number {
  for (let factor = Math.floor(Math.sqrt(count)); factor > 1; factor--) if (count % factor === 0) return factor;
  return 1;
}

/** Multiplied by e^(∓2πi·pj/N) at place p of an axis and j of the next. */
function twiddled(graph: Graph, x: number, axis: number, inverse: boolean): number {
  const shape = graph.shapeOf(x);
  const [rows, columns] = [shape[axis]!, shape[axis + 1]!];
  const half = shape.with(0, 1);
  const spread = shape.map((extent, k) => (k === axis || k === axis + 1 ? extent : 1));
  const angles = (f: (angle: number) => number, sign: number): number =>
    graph.constant(
      spread.with(0, 1),
      Float32Array.from({ length: rows * columns }, (_, k) => {
        const place = (Math.floor(k / columns) * (k % columns)) % (rows * columns);
        return sign * f((2 * Math.PI * place) / (rows * columns));
      }),
    );
  const [cosine, sine] = [angles(Math.cos, 1), angles(Math.sin, inverse ? 1 : -1)];
  const part = (begin: number): number =>
    graph.operation("slice", [x], half, {
      starts: shape.map(() => 0).with(0, begin),
      steps: shape.map(() => 1),
      extents: half,
      dropped: [],
      whole: shape,
    });
  const [re, im] = [part(0), part(1)];
  const times = (a: number, b: number): number => graph.elementwise("mul", a, b);
  const product = [
    graph.elementwise("sub", times(re, cosine), times(im, sine)),
    graph.elementwise("add", times(re, sine), times(im, cosine)),
  ];
  return graph.operation("concat", product, shape, { axis: 0 });
}

function byProduct(graph: Graph, x: number, axis: number, inverse: boolean): number {
  const shape = graph.shapeOf(x);
  const count = shape[axis]!;
  if (count > longestFourier)
    throw unsupported(`fft along an axis with the prime factor ${count}, above ${longestFourier},`);
  const order = [...shape.keys()].filter((k) => k !== 0 && k !== axis).concat(0, axis);
  const turned = order.map((k) => shape[k]!);
  const rows = [sizeOf(shape) / (2 * count), 2 * count];
  const lanes = graph.reshape(graph.operation("transpose", [x], turned, { axes: order }), rows);
  const matrix = graph.constant([2 * count, 2 * count], fourierMatrix(count, inverse));
  const product = graph.reshape(graph.operation("matmul", [lanes, matrix], rows), turned);
  return graph.operation("transpose", [product], shape, { axes: [...shape.keys()].map((k) => order.indexOf(k)) });
}

/** What a row of real parts, then imaginary parts, is multiplied by from the right. */
function fourierMatrix(count: number, inverse: boolean): Float32Array {
  const matrix = new Float32Array(4 * count * count);
  for (let from = 0; from < count; from++)
    for (let to = 0; to < count; to++) {
      const angle = (2 * Math.PI * ((from * to) % count)) / count;
      const [re, im] = [Math.cos(angle), (inverse ? 1 : -1) * Math.sin(angle)];
      const put = (row: number, column: number, value: number): void => {
        matrix[(row * count + from) * 2 * count + column * count + to] = value;
      };
      put(0, 0, re);
      put(0, 1, im);
      put(1, 0, -im);
      put(1, 1, re);
    }
  return matrix;
}
