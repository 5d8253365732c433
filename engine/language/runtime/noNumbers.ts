import { types } from "node:util";
import { recording } from "../../tape/recording.ts";
import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";
import { lengthOf, type FloatArray } from "./typedArrays.ts";
import { isArray } from "./intrinsics.ts";

let add: Findings["add"] | undefined;

export function reportNoNumbers(findings: Findings): void {
  add = (finding) => findings.add(finding);
}

/** Whether a conversion has made NaN of something that is no number. */
export function isMadeNaN(given: unknown, converted: unknown): boolean {
  return converted !== converted && typeof given !== "number" && !TracedNumber.is(given);
}

/** Notes that the operand was taken for a number, of which NaN was made. Whether it matters is for the result to tell. */
export function noteNoNumber(site: number, operand: unknown, input: number, place: Place): void {
  if (!recording.on || add === undefined || site === 0) return;
  const tail = describe(operand, place);
  if (tail === undefined) return;
  const subject =
    place === "side"
      ? `The ${input === 0 ? "left" : "right"} side`
      : place === "operand"
        ? "The operand"
        : `Argument ${input + 1}`;
  add({
    code: "operand-is-no-number",
    severity: "error",
    message: `${subject} ${tail}`,
    site,
    operand: { input, tail },
  });
}

/** Of an operator with one or two operands, of a function, of a function that takes any number of arguments. */
type Place = "operand" | "side" | "argument" | "spreadable argument";

function describe(operand: unknown, place: Place): string | undefined {
  if (operand === undefined)
    return "is undefined, of which JavaScript makes NaN: an index beyond the end, a misspelt member or a function without `return` gives that.";
  if (typeof operand === "string")
    return `is the text ${JSON.stringify(operand.slice(0, 40))}, of which JavaScript makes NaN: read the number out of it first, with parseFloat for example.`;
  if (typeof operand === "function") return "is a function, of which JavaScript makes NaN: call it.";
  if (typeof operand !== "object" || operand === null || Tensor.is(operand)) return undefined;
  // Looking into a proxy would run the program's own code.
  if (types.isProxy(operand)) return "is an object, of which JavaScript makes NaN: take the member that is meant.";
  if (isArray(operand)) return arrayText("an array", operand.length, place);
  if (types.isTypedArray(operand))
    return arrayText(`a ${operand[Symbol.toStringTag]}`, lengthOf(operand as unknown as FloatArray), place);
  if (operand instanceof Promise) return "is a promise, of which JavaScript makes NaN: write `await` before it.";
  const keys = Object.keys(operand).slice(0, 4);
  const members = keys.length === 0 ? "an object" : `an object with the members ${keys.join(", ")}`;
  return `is ${members}, of which JavaScript makes NaN: take the member that is meant.`;
}

const arrayText = (kind: string, length: number, place: Place): string =>
  `is ${kind} of ${length} elements, of which JavaScript makes NaN: ${place === "spreadable argument" ? "write `...` before it, " : ""}` +
  'take one element by its index, or compute with all of them at once as tensor(…) from "adjoint".';
