import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import { noteText } from "./numberTexts.ts";
import { primal } from "./primals.ts";

/** What concatenation with text takes: a primal, or a tensor's text; symbols stay, for the language to refuse. */
export function textOf(value: unknown): unknown {
  if (Tensor.is(value)) return value.toString();
  return primal(TracedNumber.is(value) ? noteText(value) : value);
}
