import { ValueError } from "./argumentErrors.ts";
import { binary, unary } from "./elementwise.ts";
import { native } from "./native.ts";

// Piecewise constant: the derivative is zero wherever there is one.
export const floor = unary("floor", Math.floor);
export const ceil = unary("ceil", Math.ceil);
export const round = unary("round", Math.round);
/** The nearest whole number, halves to the even one, as NumPy rounds; `round` takes halves upwards, as `Math.round` does. */
export const rint = unary("rint", (x) => {
  const nearest = native.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
});
export const trunc = unary("trunc", Math.trunc);
export const sign = unary("sign", Math.sign);
export const clz32 = unary("clz32", Math.clz32);
export const imul = binary("imul", Math.imul);

/** The whole part, as an integer of 32 bits. Throws a RangeError where there is none: it does not wrap around. */
export const asInt32 = unary("asInt32", (x) => {
  const whole = native.trunc(x);
  if (whole >= -(2 ** 31) && whole < 2 ** 31) return whole;
  throw new ValueError(`asInt32 of ${x}: int32 holds whole numbers from −2147483648 to 2147483647`);
});
/** 1 where x is anything but 0, else 0. */
export const asBool = unary("asBool", (x) => (x === 0 ? 0 : 1));

/** Rounds to float32. The derivative passes straight through: rounding is noise on the value, not part of the model. */
export const fround = unary("fround", Math.fround, () => 1);

const bits = new DataView(new ArrayBuffer(4));

/** Rounds to bfloat16, a float32 with 8 bits of precision in the place of 24, halves to even; see `fround`. */
export const bf16round = unary(
  "bf16round",
  (x) => {
    if (!(native.abs(x) < Infinity)) return x;
    bits.setFloat32(0, x);
    let word = bits.getUint32(0);
    // What float32 has rounded to a half must not be rounded once more in the wrong direction.
    const rest = word & 0xffff;
    const single = bits.getFloat32(0);
    const up =
      rest > 0x8000 ||
      (rest === 0x8000 &&
        (native.abs(x) !== native.abs(single) ? native.abs(x) > native.abs(single) : (word & 0x10000) !== 0));
    word = (word - rest + (up ? 0x10000 : 0)) >>> 0;
    bits.setUint32(0, word);
    return bits.getFloat32(0);
  },
  () => 1,
);

/** Rounds to half precision; see `fround`. Node has it from version 24 on. */
export const f16round = unary(
  "f16round",
  (x) => (Math as unknown as { f16round(x: number): number }).f16round(x),
  () => 1,
);
