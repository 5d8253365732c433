import { Tensor } from "../../tape/tensor.ts";
import { primal } from "./primals.ts";

/** What concatenation with text takes: a primal, or a tensor's text; symbols stay, for the language to refuse. */
export function textOf(value: unknown): unknown {
  return value instanceof Tensor ? value.toString() : primal(value);
}
