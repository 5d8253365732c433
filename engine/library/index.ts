/**
 * What a model file may import from "adjoint": tensors with NumPy's broadcasting and names, random numbers, data.
 * Everything differentiable here is so to any order. Numbers are float64.
 */
import { addTensorMethods } from "./tensorMethods.ts";

export type { Nested, NestedArray, Operand, Range, Shape, Tensor, Value } from "./types.ts";
export * from "./creation.ts";
export { customVjp } from "./custom.ts";
export * from "./elementwise.ts";
export * from "./initializers.ts";
export * from "./linear.ts";
export { random, Random } from "./random.ts";
export { readCsv } from "./readCsv.ts";
export * from "./reductions.ts";
export * from "./shaping.ts";
export { ShapeError } from "../primitives/broadcastShapes.ts";

addTensorMethods();
