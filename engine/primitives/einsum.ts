import { counted, describeShape, type Shape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { axisOf } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { contract, type Labelled } from "./contractLabels.ts";
import { shapeOf } from "./rule.ts";
import { reshape } from "./shaping.ts";

/**
 * The product of tensors summed over all subscripts that the output leaves out, as NumPy's `einsum`: "ij,jk->ik" is the
 * matrix product. Without an arrow the output has those subscripts that occur once, in the order of the alphabet. A
 * subscript that one operand has twice runs along its diagonal; dots stand for any axes, which broadcast.
 */
export function einsum(subscripts: string, values: readonly Value[]): Value {
  const text = subscripts.replaceAll(/\s/g, "");
  const fail: Fail = (what) => {
    throw new ShapeError(
      `einsum "${subscripts}" of ${values.map((x) => describeShape(shapeOf(x))).join(" and ")}: ${what}`,
    );
  };
  const parts = text.split("->");
  const inputs = parts[0]!.split(",");
  if (parts.length > 2 || !/^(?:[a-zA-Z,]|\.{3})*(?:->(?:[a-zA-Z]|\.{3})*)?$/.test(text))
    fail('subscripts are letters, "..." for any axes, a comma between operands, and one arrow before the output');
  if (inputs.length !== values.length)
    fail(
      `${counted(inputs.length, "subscript")} for ${counted(values.length, "operand")}; give one for each, separated by commas`,
    );
  const dotted = Math.max(
    0,
    ...inputs.map((input, k) => (input.includes("...") ? shapeOf(values[k]!).length - input.length + 3 : 0)),
  );
  const dots = Array.from({ length: dotted }, (_, k) => `…${k}`);
  const labels = inputs.map((input, k) => {
    const rank = shapeOf(values[k]!).length;
    const [before, after] = input.split("...") as [string, string?];
    const open = rank - before.length - (after?.length ?? 0);
    if (after === undefined ? open !== 0 : open < 0)
      fail(
        `operand ${k + 1} has ${counted(rank, "axis", "axes")}, its subscripts "${input}" name ${after === undefined ? "" : "at least "}${rank - open}`,
      );
    return [...lettersOf(before), ...dots.slice(dotted - open), ...lettersOf(after ?? "")];
  });
  const output = parts[1] === undefined ? implicitOutput(labels, dots) : explicitOutput(parts[1], dots);
  const twice = output.find((label, k) => output.indexOf(label) < k);
  if (twice !== undefined) fail(`the output names ${twice} twice`);
  const unknown = output.find((label) => !labels.flat().includes(label));
  if (unknown !== undefined) fail(`the output names ${unknown}, which no operand has`);
  return contract(sized(values, labels, fail), output);
}

/** Subscripts are plain letters: each is one UTF-16 unit. */
function lettersOf(text: string): string[] {
  return Array.from(text);
}

type Fail = (what: string) => never;

function implicitOutput(labels: readonly (readonly string[])[], dots: readonly string[]): string[] {
  const all = labels.flat();
  const once = all.filter((label) => !label.startsWith("…") && all.indexOf(label) === all.lastIndexOf(label));
  return [...dots, ...once.sort((a, b) => (a < b ? -1 : 1))];
}

function explicitOutput(text: string, dots: readonly string[]): string[] {
  const [before, after] = text.split("...") as [string, string?];
  return after === undefined ? lettersOf(before) : [...lettersOf(before), ...dots, ...lettersOf(after)];
}

/** The operands with axes of one label of one extent: those of dots that broadcast are left out. */
function sized(values: readonly Value[], labels: readonly (readonly string[])[], fail: Fail): Labelled[] {
  const extents = new Map<string, { readonly extent: number; readonly operand: number }>();
  values.forEach((value, k) =>
    labels[k]!.forEach((label, axis) => {
      const extent = shapeOf(value)[axis]!;
      const known = extents.get(label);
      if (known === undefined || (label.startsWith("…") && known.extent === 1))
        extents.set(label, { extent, operand: k });
      else if (known.extent !== extent && !(label.startsWith("…") && extent === 1))
        fail(
          label.startsWith("…")
            ? `the axes that the dots stand for do not broadcast: ${known.extent} in operand ${known.operand + 1}, ${extent} in operand ${k + 1}`
            : `${label} is ${known.extent} in operand ${known.operand + 1} and ${extent} in operand ${k + 1}`,
        );
    }),
  );
  return values.map((value, k) => {
    const kept = labels[k]!.map((label, axis) => shapeOf(value)[axis] === extents.get(label)!.extent);
    return {
      value: reshape(
        value,
        shapeOf(value).filter((_, axis) => kept[axis]),
      ),
      labels: labels[k]!.filter((_, axis) => kept[axis]),
    };
  });
}

/** Sums of products over axes of a and axes of b: so many of the last and the first, or those named. */
export function tensordot(
  a: Value,
  b: Value,
  axes: number | readonly [number | readonly number[], number | readonly number[]],
): Value {
  const [left, right] = [shapeOf(a), shapeOf(b)];
  const names = `tensordot of ${describeShape(left)} and ${describeShape(right)}`;
  if (typeof axes === "number" && !(Number.isInteger(axes) && axes >= 0 && axes <= Math.min(left.length, right.length)))
    throw new ShapeError(
      `${names}: both have no ${axes} axes; give a whole number from 0 to ${Math.min(left.length, right.length)}`,
    );
  const [ofA, ofB] =
    typeof axes === "number"
      ? [left.slice(left.length - axes).map((_, k) => left.length - axes + k), right.slice(0, axes).map((_, k) => k)]
      : [axesOfSide(axes[0], left), axesOfSide(axes[1], right)];
  if (ofA.length !== ofB.length)
    throw new ShapeError(
      `${names}: ${counted(ofA.length, "axis", "axes")} of the first for ${ofB.length} of the second; name as many of each`,
    );
  const wrong = ofA.findIndex((axis, k) => left[axis] !== right[ofB[k]!]);
  if (wrong >= 0)
    throw new ShapeError(
      `${names}: axis ${ofA[wrong]} of the first has ${left[ofA[wrong]!]} elements, axis ${ofB[wrong]} of the second ${right[ofB[wrong]!]}`,
    );
  const labelsA = left.map((_, axis) => `a${axis}`);
  const labelsB = right.map((_, axis) => (ofB.includes(axis) ? labelsA[ofA[ofB.indexOf(axis)]!]! : `b${axis}`));
  const output = [
    ...labelsA.filter((_, axis) => !ofA.includes(axis)),
    ...labelsB.filter((_, axis) => !ofB.includes(axis)),
  ];
  return contract(
    [
      { value: a, labels: labelsA },
      { value: b, labels: labelsB },
    ],
    output,
  );
}

function axesOfSide(axes: number | readonly number[], shape: Shape): number[] {
  return (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf("tensordot", axis, shape));
}
