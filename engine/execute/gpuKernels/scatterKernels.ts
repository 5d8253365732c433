/** Updates at places that a tensor of indices names: each element of the result looks through all that might be for it. */
import { sizeOf } from "../../tape/shape.ts";
import type { OperationNode } from "./graph.ts";
import type { Index } from "./source.ts";
import type { Reader, Root } from "./values.ts";

interface Candidate {
  /** 1 where it is for the own element, 0 where it is not, NaN where its index is none. */
  readonly hit: string;
  /** The update; NaN where its index is none. */
  readonly value: string;
  /** Where it stands among the updates. */
  readonly at: Index;
  readonly place: string;
}

type Candidates = (
  reader: Reader,
  updates: number,
  indices: number,
  axis: number,
  index: Index,
  visit: (candidate: Candidate) => void,
) => void;

/** Indices as `take` reads them: each names a slice. */
const slices: Candidates = (reader, updates, indices, axis, index, visit) => {
  const chosen = reader.shapeOf(indices);
  reader.source.loop(sizeOf(chosen), (k) => {
    const at = reader.flatIndex(chosen, k);
    const place = reader.place(indices, at, index.shape[axis]!);
    const axes = [...index.axes.slice(0, axis), ...at.axes, ...index.axes.slice(axis + 1)];
    visit(candidate(reader, updates, reader.index(reader.shapeOf(updates), axes), place, index.axes[axis]!));
  });
};

/** Indices as `takeAlongAxis` reads them: each names an element of its lane. */
const elements: Candidates = (reader, updates, indices, axis, index, visit) => {
  const from = reader.shapeOf(updates);
  reader.source.loop(from[axis]!, (k) => {
    const at = reader.index(from, index.axes.with(axis, k));
    const place = reader.place(indices, at, index.shape[axis]!);
    visit(candidate(reader, updates, at, place, index.axes[axis]!));
  });
};

function candidate(reader: Reader, updates: number, at: Index, place: string, own: string): Candidate {
  const hit = reader.source.float(`isPlace_(${place}, ${own})`);
  return { hit, value: `atPlace_(${place}, ${reader.at(updates, at)})`, at, place };
}

const axisIn = ({ attributes }: OperationNode): number => attributes["axis"] as number;

const adding =
  (candidates: Candidates): Root =>
  (reader, operation, index) => {
    const { source } = reader;
    const [updates, indices] = operation.inputs as [number, number];
    const sum = source.variable("0");
    candidates(reader, updates, indices, axisIn(operation), index, ({ hit, value }) =>
      source.set(sum, `${sum} + where_(${hit}, ${value}, 0)`),
    );
    return sum;
  };

/** The last one stays. */
const setting =
  (candidates: Candidates): Root =>
  (reader, operation, index) => {
    const { source } = reader;
    const [x, updates, indices] = operation.inputs as [number, number, number];
    const result = source.variable(reader.at(x, index));
    candidates(reader, updates, indices, axisIn(operation), index, ({ hit, value }) =>
      source.set(result, `where_(${hit}, ${value}, ${result})`),
    );
    return result;
  };

export const scatterRoots: Readonly<Record<string, Root>> = {
  scatterAdd: adding(slices),
  scatterAddAlongAxis: adding(elements),
  scatterSet: setting(slices),
  scatterSetAlongAxis: setting(elements),

  // The number of the update that takes the place of x and of those before it, counted from 1.
  scatterWinners(reader, operation, index) {
    const { source } = reader;
    const [x, updates, indices] = operation.inputs as [number, number, number];
    const { axis, addressing, smallest } = operation.attributes as {
      readonly axis: number;
      readonly addressing: "slices" | "elements";
      readonly smallest: boolean;
    };
    const best = source.variable(reader.at(x, index));
    const winner = source.variable("0");
    const candidates = addressing === "slices" ? slices : elements;
    candidates(reader, updates, indices, axis, index, ({ hit, value, at, place }) => {
      const wins = source.call("mul", hit, source.call(smallest ? "undercuts" : "exceeds", value, best));
      const number = source.float(`float_(${reader.plus(at.flat, "1")})`);
      source.set(winner, `where_(${wins}, atPlace_(${place}, ${number}), ${winner})`);
      source.set(best, `where_(${wins}, ${value}, ${best})`);
    });
    return winner;
  },
};
