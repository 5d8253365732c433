/** Convolutions and poolings, of any number of spatial axes: sums over windows, straight from their definitions. */
import { positions, type Windows } from "../../primitives/windows.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import type { Attributes, OperationNode } from "./graph.ts";
import type { Index } from "./source.ts";
import type { Reader, Root } from "./values.ts";

interface Convolution extends Windows {
  readonly groups: number;
}

const windowsOf = ({ attributes }: OperationNode): Windows => attributes as unknown as Windows;
const convolutionOf = ({ attributes }: OperationNode): Convolution => attributes as unknown as Convolution;

interface Place {
  readonly axes: readonly string[];
  /** 1 where there is such a place, else 0; undefined where there always is. */
  readonly inside: string | undefined;
}

function both(reader: Reader, a: string | undefined, b: string): string {
  return a === undefined ? b : reader.source.call("mul", a, b);
}

/** Where an element of a window at a position lies in the input. */
function placeAt(reader: Reader, windows: Windows, position: readonly string[], element: readonly string[]): Place {
  const { input, strides, padding, dilations } = windows;
  let inside: string | undefined;
  const axes = input.map((extent, axis) => {
    const [before, after] = padding[axis]!;
    const place = reader.plus(
      reader.times(position[axis]!, strides[axis]!),
      reader.times(element[axis]!, dilations[axis]!),
      before === 0 ? "0" : `(-${before})`,
    );
    if (before > 0 || after > 0) inside = both(reader, inside, reader.source.float(`inside_(${place}, 1, ${extent})`));
    return place;
  });
  return { axes, inside };
}

/** The position of the window whose element lies at a place of the input. */
function positionAt(reader: Reader, windows: Windows, place: readonly string[], element: readonly string[]): Place {
  const { strides, padding, dilations } = windows;
  let inside: string | undefined;
  const axes = positions(windows).map((count, axis) => {
    const offset = reader.plus(place[axis]!, reader.times(element[axis]!, -dilations[axis]!), `${padding[axis]![0]}`);
    inside = both(reader, inside, reader.source.float(`inside_(${offset}, ${strides[axis]!}, ${count})`));
    return strides[axis] === 1 ? offset : reader.source.whole(`quotient_(${offset}, ${strides[axis]!})`);
  });
  return { axes, inside };
}

function guarded(inside: string | undefined, term: string): string {
  return inside === undefined ? term : `where_(${inside}, ${term}, 0)`;
}

/** Adds up a term for each place in a space of this shape. */
function sumOver(reader: Reader, space: Shape, term: (axes: readonly string[]) => string): string {
  const { source } = reader;
  const sum = source.variable("0");
  source.loop(sizeOf(space), (k) => {
    const text = term(reader.flatIndex(space, k).axes);
    source.set(sum, `${sum} + ${text}`);
  });
  return sum;
}

const at = (reader: Reader, node: number, axes: readonly string[]): string => {
  const shape = reader.shapeOf(node);
  return reader.at(
    node,
    reader.index(
      shape,
      shape.map((extent, axis) => (extent === 1 ? "0" : axes[axis]!)),
    ),
  );
};

function largest(
  reader: Reader,
  operation: OperationNode,
  index: Index,
): { readonly best: string; readonly place: string } {
  const { source } = reader;
  const windows = windowsOf(operation);
  const [n, c, ...position] = index.axes as [string, string, ...string[]];
  const best = source.variable("0");
  const winner = source.variable("(-1)");
  source.loop(sizeOf(windows.window), (k) => {
    const { axes, inside } = placeAt(reader, windows, position, reader.flatIndex(windows.window, k).axes);
    const element = at(reader, operation.inputs[0]!, [n, c, ...axes]);
    const place = source.float(`float_(${reader.index(windows.input, axes).flat})`);
    // The first that is no padding, and whatever exceeds it.
    const better = source.call("where", source.call("less", winner, "0"), "1", source.call("exceeds", element, best));
    const wins = inside === undefined ? better : source.call("mul", inside, better);
    source.set(winner, `where_(${wins}, ${place}, ${winner})`);
    source.set(best, `where_(${wins}, ${element}, ${best})`);
  });
  return { best, place: winner };
}

export const windowRoots: Readonly<Record<string, Root>> = {
  // y[n, f, p] = Σ x[n, c, place(p, e)]·k[f, c, e]
  conv(reader, operation, index) {
    const [x, kernel] = operation.inputs as [number, number];
    const convolution = convolutionOf(operation);
    const [filters, channels] = reader.shapeOf(kernel) as [number, number];
    const [n, f, ...position] = index.axes as [string, string, ...string[]];
    const group = groupOf(reader, f, filters / convolution.groups, convolution.groups);
    return sumOver(reader, [channels, ...convolution.window], ([c, ...element]) => {
      const { axes, inside } = placeAt(reader, convolution, position, element);
      const channel = reader.plus(reader.times(group, channels), c!);
      return guarded(inside, `${at(reader, x, [n, channel, ...axes])} * ${at(reader, kernel, [f, c!, ...element])}`);
    });
  },

  convTranspose(reader, operation, index) {
    const [y, kernel] = operation.inputs as [number, number];
    const convolution = convolutionOf(operation);
    const { groups } = convolution;
    const [filters, channels] = reader.shapeOf(kernel) as [number, number];
    const [n, channel, ...place] = index.axes as [string, string, ...string[]];
    const group = groupOf(reader, channel, channels, groups);
    const c = groups === 1 ? channel : reader.source.whole(`indexRemainder_(${channel}, ${channels})`);
    return sumOver(reader, [filters / groups, ...convolution.window], ([filter, ...element]) => {
      const { axes, inside } = positionAt(reader, convolution, place, element);
      const f = reader.plus(reader.times(group, filters / groups), filter!);
      return guarded(inside, `${at(reader, y, [n, f, ...axes])} * ${at(reader, kernel, [f, c, ...element])}`);
    });
  },

  convKernel(reader, operation, index) {
    const [x, y] = operation.inputs as [number, number];
    const convolution = convolutionOf(operation);
    const [batch, filters] = reader.shapeOf(y) as [number, number];
    const [f, c, ...element] = index.axes as [string, string, ...string[]];
    const group = groupOf(reader, f, filters / convolution.groups, convolution.groups);
    const channel = reader.plus(reader.times(group, index.shape[1]!), c);
    return sumOver(reader, [batch, ...positions(convolution)], ([n, ...position]) => {
      const { axes, inside } = placeAt(reader, convolution, position, element);
      return guarded(inside, `${at(reader, x, [n!, channel, ...axes])} * ${at(reader, y, [n!, f, ...position])}`);
    });
  },

  maxPool: (reader, operation, index) => largest(reader, operation, index).best,
  maxPoolIndices: (reader, operation, index) => largest(reader, operation, index).place,

  windowSum(reader, operation, index) {
    const windows = windowsOf(operation);
    const [n, c, ...position] = index.axes as [string, string, ...string[]];
    return sumOver(reader, windows.window, (element) => {
      const { axes, inside } = placeAt(reader, windows, position, element);
      return guarded(inside, at(reader, operation.inputs[0]!, [n, c, ...axes]));
    });
  },

  windowSpread(reader, operation, index) {
    const windows = windowsOf(operation);
    const [n, c, ...place] = index.axes as [string, string, ...string[]];
    return sumOver(reader, windows.window, (element) => {
      const { axes, inside } = positionAt(reader, windows, place, element);
      return guarded(inside, at(reader, operation.inputs[0]!, [n, c, ...axes]));
    });
  },
};

function groupOf(reader: Reader, member: string, members: number, groups: number): string {
  return groups === 1 ? "0" : reader.source.whole(`quotient_(${member}, ${members})`);
}

/** Without what only averages have. */
export function asWindows({ input, window, strides, padding, dilations }: Attributes): Attributes {
  return { input, window, strides, padding, dilations };
}
