import type * as t from "@babel/types";
import { multiplierOf, weightsOf } from "../diagnose/weights.ts";
import { isPassing } from "../diagnose/levels.ts";
import { parameterName, type Subject } from "../diagnose/subject.ts";
import type { Layer } from "../diagnose/units.ts";
import { bare } from "../language/instrument/syntax.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { inputOperation } from "../tape/tape.ts";
import { builtinOf, keyOf } from "./expressions.ts";
import { imported, importChanges } from "./imports.ts";
import { initialValues, type InitialValue } from "./initialValue.ts";
import type { Program } from "./program.ts";
import { textWith, type Proposal } from "./proposal.ts";
import { scaledValues } from "./rescale.ts";
import { Scaler } from "./scaling.ts";
import { selections, within } from "./selection.ts";
import { distinct, editsAt, scales, type Spot } from "./spots.ts";

/** The slope below 0 that leakyRelu has (Maas et al. 2013). */
const slope = "0.01";

/** Units that are 0 for all examples made to pass something on: by a slope below 0. */
export function leak(program: Program, source: SourceRange): Proposal | undefined {
  const call = program.callAt(source);
  const callee = call && bare(call.callee);
  if (callee?.type === "Identifier" && program.libraryName(callee) === "relu") {
    const to = "leakyRelu";
    const imports = importChanges(program, new Map([[callee.name, { to, uses: new Set<t.Node>([callee]) }]]));
    const edits = imports && distinct([{ start: callee.start!, end: callee.end!, text: to }, ...imports]);
    return edits && { title: "Use leakyRelu instead of relu", edits: editsAt(program, edits) };
  }
  const title = `Give it a slope of ${slope} below 0`;
  const spot = call === undefined ? belowComparison(program, source) : belowMaximum(program, call);
  return spot && { title, edits: editsAt(program, [spot]) };
}

/** The 0 of `Math.max(0, z)`: it becomes `0.01 * z`. */
function belowMaximum(program: Program, call: t.CallExpression): Spot | undefined {
  if (builtinOf(call.callee) !== "Math.max" || call.arguments.length !== 2) return undefined;
  const zero = call.arguments.find((argument) => isZero(argument));
  const other = call.arguments.find((argument) => argument !== zero);
  return zero === undefined || other === undefined ? undefined : sloped(program, zero, other);
}

/** The 0 of `z > 0 ? z : 0`, where the comparison stands at `source`. */
function belowComparison(program: Program, source: SourceRange): Spot | undefined {
  const comparison = program.nodeAt(source, "BinaryExpression");
  let choice: t.Node | undefined = comparison && program.parent(comparison);
  if (choice?.type === "ParenthesizedExpression") choice = program.parent(choice);
  if (comparison === undefined || choice?.type !== "ConditionalExpression") return undefined;
  const branches = [choice.consequent, choice.alternate];
  const zero = branches.find((branch) => isZero(branch));
  const other = branches.find((branch) => branch !== zero);
  return zero === undefined || other === undefined ? undefined : sloped(program, zero, other);
}

const isZero = (node: t.Node): boolean => {
  const value = bare(node);
  return value.type === "NumericLiteral" && value.value === 0;
};

/** Undefined where to write the other operand a second time would be to compute it a second time. */
function sloped(program: Program, zero: t.Node, other: t.Node): Spot | undefined {
  const value = bare(other);
  if (value.type !== "Identifier" && value.type !== "MemberExpression") return undefined;
  return { start: zero.start!, end: zero.end!, text: `${slope} * ${program.textOf(value)}` };
}

/** The biases of such layers begun at 0. */
export function unbias(
  program: Program,
  subject: Subject,
  name: string,
  layers: readonly Layer[],
): Proposal | undefined {
  const names = biasesOf(subject, layers);
  const wanted = selections(names);
  if (wanted.size === 0) return undefined;
  const values = initialValues(program, name, subject.parameters, wanted);
  if (values === undefined) return undefined;
  const written: Spot[] = [];
  const others: InitialValue[] = [];
  for (const value of values) {
    const spots = zerosOf(program, subject, value);
    if (spots === undefined) others.push(value);
    else written.push(...spots);
  }
  const scaled = scaledValues(new Scaler(program), others);
  if (scaled === undefined || !(written.length > 0 || scales(scaled))) return undefined;
  const spots = distinct([...written, ...scaled.map((spot) => withSign(program, spot))]);
  const zeros =
    spots &&
    editsAt(program, spots).map((edit) => ({ ...edit, text: textWith(edit, 0).replace("(w) => 0 * w)", "() => 0)") }));
  if (zeros === undefined) return undefined;
  const [first, ...more] = names;
  return { title: `Begin ${more.length === 0 ? first! : "the biases"} at 0`, edits: zeros };
}

/** `zeros([16])` in the place of a tensor, and of what is not 0 already; undefined where no tensor as a whole is wanted. */
function zerosOf(
  program: Program,
  subject: Subject,
  { expression, structure, wanted }: InitialValue,
): Spot[] | undefined {
  const node = bare(expression);
  if (structure.kind === "object" && node.type === "ObjectExpression") {
    const spots = structure.entries.map(([key, value]) => {
      const part = within(wanted, key);
      if (part === undefined) return [];
      const property = node.properties.find((each) => each.type === "ObjectProperty" && keyOf(each) === key);
      return property?.type === "ObjectProperty" && !property.shorthand
        ? zerosOf(program, subject, { expression: property.value, structure: value, wanted: part })
        : undefined;
    });
    return spots.some((each) => each === undefined) ? undefined : spots.flatMap((each) => each!);
  }
  if (structure.kind !== "tensor" || wanted !== "all") return undefined;
  // Numbers that stand in the text become 0 where they are.
  if (node.type === "CallExpression" && ["tensor", "full"].includes(program.libraryName(node.callee) ?? ""))
    return undefined;
  const call = imported(program, "zeros");
  if (call === undefined) return undefined;
  const shape = subject.tape.shapeOf(structure.node);
  const text = `${call.callee}(${zerosShape(program, node, shape)})`;
  return [...call.changes, { start: expression.start!, end: expression.end!, text }];
}

const shaped: ReadonlySet<string> = new Set(["zeros", "ones", "full"]);

/** The shape as the expression has it, in what it fills a tensor by, or else its figures. */
function zerosShape(program: Program, node: t.Node, shape: readonly number[]): string {
  let filler = node;
  while (filler.type === "BinaryExpression") filler = bare(filler.left);
  const [written] = fills(program, filler) ? filler.arguments : [];
  return written !== undefined && mayBeShape(written, shape) ? program.textOf(written) : `[${shape.join(", ")}]`;
}

function fills(program: Program, node: t.Node): node is t.CallExpression {
  if (node.type !== "CallExpression") return false;
  if (shaped.has(program.libraryName(node.callee) ?? "")) return true;
  const property = node.callee.type === "MemberExpression" ? node.callee.property : undefined;
  return property?.type === "Identifier" && ["normal", "uniform"].includes(property.name);
}

/** Not where another operand has broadcast it, as in `ones([1]) + noise`. */
function mayBeShape(written: t.Node, shape: readonly number[]): boolean {
  if (written.type !== "ArrayExpression") return written.type === "Identifier" || written.type === "MemberExpression";
  return (
    written.elements.length === shape.length &&
    written.elements.every((each, k) => each?.type !== "NumericLiteral" || each.value === shape[k])
  );
}

/** Of −8 the whole: what is left of the sign would make −0 of it. */
function withSign({ text }: Program, spot: Spot): Spot {
  const isLiteral = typeof spot.text !== "string" && spot.text.before === "" && spot.end > spot.start;
  const sign = isLiteral ? /(?<=(?:^|[=([,:?>]|\breturn)\s*)-\s*$/.exec(text.slice(0, spot.start)) : null;
  return sign === null ? spot : { ...spot, start: sign.index };
}

/** Names of the parameters that are added to products with weights, in the arguments of units. */
function biasesOf({ tape, output }: Subject, layers: readonly Layer[]): string[] {
  const weights = weightsOf(tape);
  const names = new Set<string>();
  const sites = new Set(layers.map(({ site }) => site));
  const seen = new Set<number>();
  const visit = (input: number): void => {
    if (seen.has(input)) return;
    seen.add(input);
    if (multiplierOf(tape, weights, input) >= 0) return;
    if (tape.operation[input] === inputOperation) names.add(parameterName(tape.inputName(input) ?? ""));
    else if (isPassing(tape.operation[input]!)) tape.inputsOf(input).forEach(visit);
  };
  for (let node = 0; node <= output; node++) if (sites.has(tape.site[node]!)) tape.inputsOf(node).forEach(visit);
  for (const { node } of layers) tape.inputsOf(node).forEach(visit);
  names.delete("");
  return [...names];
}
