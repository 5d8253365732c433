/**
 * What a model file may import from "adjoint": tensors with NumPy's broadcasting and names, random numbers, data.
 * Everything differentiable here is so to any order. Numbers are float64.
 */
import { addTensorMethods } from "./tensorMethods.ts";

export type { Nested, NestedArray, Operand, Range, Shape, Tensor, Value } from "./types.ts";
export * from "./activations.ts";
export * from "./arrays.ts";
export * from "./attention.ts";
export * from "./bessel.ts";
export * from "./complex/functions.ts";
export { Complex } from "./complex/number.ts";
export * from "./convolution.ts";
export * from "./pooling.ts";
export * from "./linearAlgebra.ts";
export * from "./fourier.ts";
export * from "./creation.ts";
export { customJvp, customVjp } from "./custom.ts";
export * from "./distributions.ts";
export * from "./einsum.ts";
export * from "./elementwise.ts";
export * from "./images.ts";
export * from "./indexing.ts";
export * from "./initializers.ts";
export * from "./linear.ts";
export * from "./logic.ts";
export * from "./losses.ts";
export { defineModel, type Batch, type Model, type ModelDefinition } from "./model.ts";
export * from "./nanReductions.ts";
export * from "./normalization.ts";
export * from "./numerical.ts";
export { adagrad, type AdagradOptions } from "./optimizers/adagrad.ts";
export { adam, adamW, type AdamOptions } from "./optimizers/adam.ts";
export { clipGradients, type ClipOptions } from "./optimizers/clipGradients.ts";
export { lion, type LionOptions } from "./optimizers/lion.ts";
export type { Optimizer } from "./optimizers/optimizer.ts";
export { rmsprop, type RmspropOptions } from "./optimizers/rmsprop.ts";
export {
  cosineDecay,
  exponentialDecay,
  linearSchedule,
  piecewiseConstant,
  warmup,
  type LearningRate,
  type Schedule,
} from "./optimizers/schedules.ts";
export { sgd, type SgdOptions } from "./optimizers/sgd.ts";
export * from "./prox.ts";
export { random, Random } from "./random.ts";
export { readCsv } from "./readCsv.ts";
export * from "./rearranging.ts";
export * from "./reductions.ts";
export * from "./scans.ts";
export * from "./sequenceLosses.ts";
export * from "./shaping.ts";
export * from "./special.ts";
export { associativeScan, type AssociativeScanOptions } from "./transforms/associativeScan.ts";
export { checkpoint, checkpointName, type CheckpointOptions, type CheckpointPolicy } from "./transforms/checkpoint.ts";
export { grad, valueAndGrad } from "./transforms/grad.ts";
export { fixedPoint, implicitRoot, type FixedPointOptions, type ImplicitRootOptions } from "./transforms/implicit.ts";
export { hessian, jacfwd, jacobian, jacrev, type JacobianOptions } from "./transforms/jacobian.ts";
export { cond, foriLoop, scan, whileLoop, type ScanOptions, type WhileOptions } from "./transforms/loops.ts";
export { odeint, odeintEvent, type OdeEventOptions, type OdeOptions } from "./transforms/odeint.ts";
export { vmap, type AxisTree, type VmapOptions } from "./transforms/vmap.ts";
export { hvp, jvp, linearize, vjp } from "./transforms/products.ts";
export { ravel, treeLeaves, treeMap } from "./transforms/treeFunctions.ts";
export { TransformError } from "./transforms/errors.ts";
export type { Argnums, GradOptions } from "./transforms/types.ts";
export type { Tree } from "./tree.ts";
export { ShapeError } from "../primitives/broadcastShapes.ts";
export { NotDifferentiableError, UnsolvableError } from "../primitives/unsolvable.ts";

addTensorMethods();
