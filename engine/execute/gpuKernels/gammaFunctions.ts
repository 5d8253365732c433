/**
 * The functions about Γ and the inverse of erf, and roundings to shorter floats, in GLSL ES 3.00: as in
 * `primitives/gammaFunction.ts`, with as many terms as single precision can tell.
 */
import { hurwitzZeta } from "../../primitives/gammaFunction.ts";
import { numberText } from "./source.ts";

/** A number as GLSL has it: with a point or an exponent. */
function literal(value: number): string {
  const text = numberText(value).replace(/[()]/g, "");
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** c₀ + x(c₁ + x(c₂ + …)). */
function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients.map(literal).reduceRight((sum, coefficient) => `(${coefficient} + ${x} * ${sum})`);
}

/** ln Γ(2 + z)/z for |z| ≤ ½ (Abramowitz and Stegun 6.1.33). */
const aboutTwo = [
  0.42278433509846714,
  ...Array.from({ length: 13 }, (_, i) => ((i % 2 === 0 ? 1 : -1) * hurwitzZeta(i + 2, 2)) / (i + 2)),
];

/** The zero of digamma, what float32 leaves of it, and digamma(x)/(x − zero) about it. */
const zero = 1.4616321449683622;
const zeroRest = zero - Math.fround(zero);
const aboutZero = Array.from({ length: 13 }, (_, i) => (i % 2 === 0 ? 1 : -1) * hurwitzZeta(i + 2, zero));

/** The highest derivative of digamma and of sinc that kernels compute; single precision has lost higher ones. */
export const mostOrder = 12;

/** What the functions below call. */
export const gammaHelpers = `
float sinePi_(float x) {
  float nearest = floor(x + 0.5);
  float y = sine_(3.141592653589793 * (x - nearest));
  return mod(nearest, 2.0) == 0.0 ? y : -y;
}
// About 2, with its digits where it vanishes.
float logGammaAboutTwo_(float z) { return z * ${polynomial("z", aboutTwo)}; }
// Of x > 0: the series about 2 below 2½, Stirling's from 6 on, and Γ(x + 1) = x·Γ(x) between them.
float logGammaAbove_(float x) {
  if (x < 0.5) return logGammaAboutTwo_(x) - ofOneMore_(x) - logarithm_(x);
  if (x < 1.5) return logGammaAboutTwo_(x - 1.0) - ofOneMore_(x - 1.0);
  if (x < 6.0) {
    float product = 1.0;
    float a = x;
    for (int k = 0; k < 4; k++) if (a > 2.5) { a -= 1.0; product *= a; }
    return logGammaAboutTwo_(a - 2.0) + logarithm_(product);
  }
  if (isInfinite_(x)) return x;
  float r = 1.0 / x;
  return (x - 0.5) * (logarithm_(x) - 1.0) + 0.41893853320467274 + r * (1.0 / 12.0 - r * r * (1.0 / 360.0 - r * r / 1260.0));
}
float logGamma_(float x) {
  if (isNan_(x)) return x;
  if (x > 0.0) return logGammaAbove_(x);
  if (x == floor(x)) return infinity_();
  if (x < -0.5) return logarithm_(3.141592653589793 / abs(x * sinePi_(x))) - logGammaAbove_(-x);
  return logGammaAbove_(1.0 + x) - logarithm_(-x);
}
float gammaAt_(float x) {
  if (isNan_(x)) return x;
  if (x == 0.0) return floatBitsToInt(x) < 0 ? -infinity_() : infinity_();
  if (x > 0.0) return exponential_(logGammaAbove_(x));
  if (x == floor(x)) return nan_();
  return -3.141592653589793 / (sinePi_(x) * (x * exponential_(logGammaAbove_(-x))));
}
// What Stirling's formula lacks.
float stirlingRest_(float x) { float r = 1.0 / x; return r * (1.0 / 12.0 - r * r * (1.0 / 360.0 - r * r / 1260.0)); }
// As in primitives/gammaFunction.ts: without the difference of large logarithms.
float logBetaAt_(float a, float b) {
  if (isNan_(a) || isNan_(b)) return nan_();
  float less = min(a, b);
  float more = max(a, b);
  if (!(less > 0.0) || more < 10.0) return logGamma_(a) + logGamma_(b) - logGamma_(a + b);
  if (isInfinite_(more)) return -more;
  float total = less + more;
  float rest = stirlingRest_(more) - stirlingRest_(total);
  if (less >= 10.0) {
    float root = 0.5 * logarithm_(6.283185307179586 * total / less / more);
    return less * logarithm_(less / total) - more * ofOneMore_(less / more) + root + stirlingRest_(less) + rest;
  }
  return logGamma_(less) - less * logarithm_(total) - (more - 0.5) * ofOneMore_(less / more) + less + rest;
}
float cotangentPi_(float x) {
  float r = x - floor(x + 0.5);
  // cos πr, with its digits where it vanishes.
  return sine_(3.141592653589793 * (0.5 - abs(r))) / sine_(3.141592653589793 * r);
}
float digammaAbove_(float x) {
  float offset = (x - ${literal(Math.fround(zero))}) - (${literal(zeroRest)});
  if (abs(offset) < 0.3) return offset * ${polynomial("offset", aboutZero)};
  float a = x;
  float sum = 0.0;
  for (int k = 0; k < 6; k++) if (a < 6.0) { sum -= 1.0 / a; a += 1.0; }
  if (isInfinite_(a)) return a;
  float r = 1.0 / (a * a);
  return sum + logarithm_(a) - 0.5 / a - r * (1.0 / 12.0 - r * (1.0 / 120.0 - r / 252.0));
}
float digammaAt_(float x) {
  if (isNan_(x)) return x;
  if (x == 0.0) return floatBitsToInt(x) < 0 ? infinity_() : -infinity_();
  if (x > 0.0) return digammaAbove_(x);
  if (x == floor(x)) return nan_();
  return digammaAbove_(1.0 - x) - 3.141592653589793 * cotangentPi_(x);
}
// n!·Σₖ (x + k)^(−n − 1) for x > 0: the first terms one by one, the rest by Euler and Maclaurin (Abramowitz and Stegun
// 23.1.30), all of them in units of the first, n!/xⁿ⁺¹.
float factorialZeta_(float n, float x) {
  float s = n + 1.0;
  float first = 1.0 / x;
  for (float k = 1.0; k <= n; k++) first *= k / x;
  float sum = 0.0;
  float a = x;
  while (a < 6.0 + s) { sum += power_(x / a, s); a += 1.0; }
  float r = 1.0 / a;
  float tail = a / n + 0.5 + s * r * (1.0 / 12.0 - (s + 1.0) * (s + 2.0) * r * r * (1.0 / 720.0 - (s + 3.0) * (s + 4.0) * r * r / 30240.0));
  return first * (sum + power_(x / a, s) * tail);
}
// The n-th derivative of cot t as a polynomial of c = cot t: P′ₙ₊₁ = −(1 + c²)·dPₙ/dc.
float cotangentDerivative_(int n, float c) {
  float polynomial[${mostOrder + 2}];
  for (int k = 0; k < ${mostOrder + 2}; k++) polynomial[k] = k == 1 ? 1.0 : 0.0;
  for (int k = 1; k <= n; k++) {
    // From the derivative, in place: dₚ = (p + 1)·cₚ₊₁, then −dₚ − dₚ₋₂.
    for (int p = 0; p < ${mostOrder + 1}; p++) polynomial[p] = float(p + 1) * polynomial[p + 1];
    polynomial[${mostOrder + 1}] = 0.0;
    for (int p = ${mostOrder + 1}; p >= 0; p--) polynomial[p] = -polynomial[p] - (p > 1 ? polynomial[p - 2] : 0.0);
  }
  float sum = 0.0;
  for (int p = ${mostOrder + 1}; p >= 0; p--) sum = sum * c + polynomial[p];
  return sum;
}
float polygammaAt_(float order, float x) {
  if (order == 0.0) return digammaAt_(x);
  if (isNan_(x) || (isInfinite_(x) && x < 0.0)) return nan_();
  bool even = mod(order, 2.0) == 0.0;
  if (x == 0.0) return even && floatBitsToInt(x) >= 0 ? -infinity_() : infinity_();
  if (isInfinite_(x)) return 0.0;
  if (x > 0.0) return (even ? -1.0 : 1.0) * factorialZeta_(order, x);
  if (x == floor(x)) return even ? nan_() : infinity_();
  // The n-th derivative of ψ(1 − x) − ψ(x) = π cot πx.
  float reflected = (even ? -1.0 : 1.0) * factorialZeta_(order, 1.0 - x);
  float turned = power_(3.141592653589793, order + 1.0) * cotangentDerivative_(int(order), cotangentPi_(x));
  return (even ? 1.0 : -1.0) * reflected - turned;
}
// The n-th derivative of sin πx/πx: near 0 its series, else z·g⁽ᵏ⁾ + k·g⁽ᵏ⁻¹⁾ = sin⁽ᵏ⁾ z for g(z) = sin z/z.
float sincAt_(float x, float order) {
  float z = 3.141592653589793 * x;
  int n = int(order);
  float result = 0.0;
  if (abs(z) <= max(order, 1.0)) {
    float power = 1.0;
    for (int m = n; m < n + 40; m++) {
      if ((m & 1) == 0) result += ((m & 3) == 0 ? power : -power) / float(m + 1);
      power *= z / float(m + 1 - n);
    }
  } else {
    for (int k = 0; k <= n; k++) {
      float turned = (k & 1) == 0 ? sinePi_(x) : sinePi_(x + 0.5);
      result = (((k & 2) == 0 ? turned : -turned) - float(k) * result) / z;
    }
  }
  return power_(3.141592653589793, order) * result;
}
// Giles, Approximating the erfinv function (GPU Computing Gems 2, 2010), in single precision.
float inverseError_(float y) {
  if (isNan_(y) || abs(y) > 1.0) return nan_();
  if (abs(y) == 1.0) return y * infinity_();
  float w = -ofOneMore_(-y * y);
  // There 1 − y² has lost its digits.
  if (w > 0.5) w = -logarithm_((1.0 - y) * (1.0 + y));
  if (w < 5.0) {
    w -= 2.5;
    return y * (1.50140941 + w * (0.246640727 + w * (-0.00417768164 + w * (-0.00125372503 + w * (0.00021858087 + w * (-4.39150654e-6 + w * (-3.5233877e-6 + w * (3.43273939e-7 + w * 2.81022636e-8))))))));
  }
  w = sqrt(w) - 3.0;
  return y * (2.83297682 + w * (1.00167406 + w * (0.00943887047 + w * (-0.0076224613 + w * (0.00573950773 + w * (-0.00367342844 + w * (0.00134934322 + w * (0.000100950558 + w * -0.000200214257))))))));
}
// To 11 binary digits, from 2⁻¹⁴ to 65504; ties to even.
float half_(float x) {
  if (notFinite_(x) || x == 0.0) return x;
  int exponent = max(((floatBitsToInt(x) >> 23) & 255) - 127, -14);
  float unit = intBitsToFloat((exponent - 10 + 127) << 23);
  float y = x / unit;
  float whole = floor(y + 0.5);
  if (whole - y == 0.5 && mod(whole, 2.0) != 0.0) whole -= 1.0;
  return abs(whole * unit) > 65504.0 ? (x < 0.0 ? -infinity_() : infinity_()) : whole * unit;
}
// To 8 binary digits; ties to even.
float brain_(float x) {
  if (notFinite_(x)) return x;
  int bits = floatBitsToInt(x);
  return intBitsToFloat((bits + 32767 + ((bits >> 16) & 1)) & -65536);
}
`;

/** By primitive. */
export const gammaFunctions: Readonly<Record<string, string>> = {
  lgamma: "return logGamma_(x);",
  gamma: "return gammaAt_(x);",
  digamma: "return digammaAt_(x);",
  erfinv: "return inverseError_(x);",
  f16round: "return half_(x);",
  bf16round: "return brain_(x);",
};

/** Of a number and of an order, which is a whole number and the same for all elements. */
export const ordered: Readonly<Record<string, string>> = {
  polygamma: "return polygammaAt_(a, b);",
  sinc: "return sincAt_(a, b);",
};
