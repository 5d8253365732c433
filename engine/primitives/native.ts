/**
 * The functions of `Math` as they are before traced code runs. There `Math` itself takes traced values, which costs inner
 * loops their speed; and what evaluates a primitive must not be traced in its turn.
 */
export const native = {
  abs: Math.abs,
  cos: Math.cos,
  exp: Math.exp,
  expm1: Math.expm1,
  floor: Math.floor,
  fround: Math.fround,
  hypot: Math.hypot,
  imul: Math.imul,
  log: Math.log,
  log1p: Math.log1p,
  max: Math.max,
  min: Math.min,
  round: Math.round,
  sign: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  trunc: Math.trunc,
} as const;
