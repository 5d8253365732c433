/**
 * The functions of `Math` as they are before traced code runs. There `Math` itself takes traced values, which costs inner
 * loops their speed; and what evaluates a primitive must not be traced in its turn.
 */
export const native = {
  abs: Math.abs,
  exp: Math.exp,
  expm1: Math.expm1,
  floor: Math.floor,
  imul: Math.imul,
  log: Math.log,
  log1p: Math.log1p,
  max: Math.max,
  min: Math.min,
  sign: Math.sign,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
} as const;
