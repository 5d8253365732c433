/**
 * The functions that kernels call, in GLSL ES 3.00. What the language has under the same names is not enough: between
 * drivers it differs in how exact it is, and tanh(50), log(0) and max(NaN, 0) do not give what they mean.
 */

import { gammaFunctions, gammaHelpers, ordered } from "./gammaFunctions.ts";

export interface NativeFunction {
  /** As kernels call it: what it computes, with a _ behind it, so that it is nobody else's. */
  readonly name: string;
  readonly source: string;
}

const unary: Readonly<Record<string, string>> = {
  // A copy, which also makes a number that is written in the source a float.
  copy: "return x;",
  neg: "return -x;",
  identity: "return x;",
  reciprocal: "return 1.0 / x;",
  square: "return x * x;",
  rint: "float y = floor(x + 0.5); return y - x == 0.5 && mod(y, 2.0) != 0.0 ? y - 1.0 : y;",
  asBool: "return x == 0.0 ? 0.0 : 1.0;",
  logicalNot: "return x == 0.0 ? 1.0 : 0.0;",
  isNaN: "return isNan_(x) ? 1.0 : 0.0;",
  isFinite: "return notFinite_(x) ? 0.0 : 1.0;",
  isInf: "return isInfinite_(x) ? 1.0 : 0.0;",
  floor: "return floor(x);",
  ceil: "return ceil(x);",
  round: "return floor(x + 0.5);",
  trunc: "return trunc(x);",
  sign: "return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;",
  abs: "return abs(x);",
  sqrt: "return isNan_(x) ? x : x < 0.0 ? nan_() : isInfinite_(x) ? x : sqrt(x);",
  rsqrt: "return isInfinite_(x) && x > 0.0 ? 0.0 : x < 0.0 ? nan_() : 1.0 / sqrt(x);",
  cbrt: `if (x == 0.0 || notFinite_(x)) return x;
    float y = exp2(log2(abs(x)) / 3.0);
    // One step of Newton's method.
    y -= (y * y * y - abs(x)) / (3.0 * y * y);
    return x < 0.0 ? -y : y;`,
  exp: "return exponential_(x);",
  log: "return logarithm_(x);",
  expm1: "return lessOne_(x);",
  log1p: "return ofOneMore_(x);",
  log2: "return logarithm_(x) * 1.4426950408889634;",
  log10: "return logarithm_(x) * 0.4342944819032518;",
  sin: "return sine_(x);",
  cos: "return cosine_(x);",
  tan: "return sine_(x) / cosine_(x);",
  asin: "return abs(x) > 1.0 || isNan_(x) ? nan_() : arcTangent2_(x, sqrt((1.0 - x) * (1.0 + x)));",
  acos: "return abs(x) > 1.0 || isNan_(x) ? nan_() : 2.0 * arcTangent2_(sqrt(1.0 - x), sqrt(1.0 + x));",
  atan: "return arcTangent_(x);",
  sinh: `if (abs(x) < 1.0) { float e = lessOne_(x); return 0.5 * (e + e / (e + 1.0)); }
    float e = exponential_(0.5 * abs(x));
    // In halves, since the whole overflows before its half does.
    return (x < 0.0 ? -1.0 : 1.0) * (0.5 * e * e - 0.5 / e / e);`,
  cosh: "float e = exponential_(0.5 * abs(x)); return 0.5 * e * e + 0.5 / e / e;",
  tanh: "return hyperbolicTangent_(x);",
  asinh: `if (isNan_(x) || isInfinite_(x)) return x;
    float a = abs(x);
    float y = a > 1e9 ? logarithm_(a) + 0.6931471805599453 : ofOneMore_(a + a * a / (1.0 + sqrt(1.0 + a * a)));
    return x < 0.0 ? -y : y;`,
  acosh: `if (isNan_(x) || x < 1.0) return nan_();
    float t = x - 1.0;
    return x > 1e9 ? logarithm_(x) + 0.6931471805599453 : ofOneMore_(t + sqrt(2.0 * t + t * t));`,
  atanh: "return 0.5 * ofOneMore_(2.0 * x / (1.0 - x));",
  relu: "return x < 0.0 ? 0.0 : x;",
  selu: "return 1.0507009873554805 * (x > 0.0 ? x : 1.6732632423543772 * lessOne_(x));",
  sigmoid: "float e = exponential_(-abs(x)); return (x >= 0.0 ? 1.0 : e) / (1.0 + e);",
  softplus: "return (x < 0.0 ? 0.0 : x) + ofOneMore_(exponential_(-abs(x)));",
  erf: "return errorFunction_(x);",
  erfc: "return isNan_(x) ? x : x < 1.0 ? 1.0 - errorFunction_(x) : x > 10.1 ? 0.0 : aboveError_(x);",
  gelu: "return 0.5 * x * (1.0 + errorFunction_(x * 0.7071067811865476));",
  geluTanh: "return 0.5 * x * (1.0 + hyperbolicTangent_(0.7978845608028654 * (x + 0.044715 * x * x * x)));",
  ...gammaFunctions,
  // 1 for what is NaN or infinite. By its bits: compilers may take it that there are no such numbers.
  nonFinite: "return notFinite_(x) ? 1.0 : 0.0;",
};

const binary: Readonly<Record<string, string>> = {
  add: "return a + b;",
  sub: "return a - b;",
  mul: "return a * b;",
  // Of two zeros, compilers and processors make what they like.
  div: `if (b != 0.0) return a / b;
    if (a == 0.0 || isNan_(a)) return nan_();
    return (floatBitsToInt(a) ^ floatBitsToInt(b)) < 0 ? -infinity_() : infinity_();`,
  mod: "return isInfinite_(b) && !notFinite_(a) ? a : modulo_(a, b);",
  remainder: "float y = modulo_(a, b); return y != 0.0 && (y < 0.0) != (b < 0.0) ? y + b : y;",
  pow: "return power_(a, b);",
  xlogy: "return a == 0.0 && !isNan_(b) ? 0.0 : a * logarithm_(b);",
  logAddExp: `float larger = a >= b || isNan_(a) ? a : b;
    return notFinite_(larger) ? larger : larger + ofOneMore_(exponential_(-abs(a - b)));`,
  logBeta: "return logBetaAt_(a, b);",
  logicalAnd: "return a == 0.0 || b == 0.0 ? 0.0 : 1.0;",
  logicalOr: "return a == 0.0 && b == 0.0 ? 0.0 : 1.0;",
  logicalXor: "return (a == 0.0) == (b == 0.0) ? 0.0 : 1.0;",
  atan2: "return arcTangent2_(a, b);",
  hypot: `if (isInfinite_(a) || isInfinite_(b)) return infinity_();
    float most = max(abs(a), abs(b));
    if (most == 0.0) return a + b;
    return most * sqrt((a / most) * (a / most) + (b / most) * (b / most));`,
  equal: "return a == b ? 1.0 : 0.0;",
  notEqual: "return a == b ? 0.0 : 1.0;",
  less: "return a < b ? 1.0 : 0.0;",
  lessEqual: "return a <= b ? 1.0 : 0.0;",
  greater: "return a > b ? 1.0 : 0.0;",
  greaterEqual: "return a >= b ? 1.0 : 0.0;",
  winsMax: "return a >= b || isNan_(a) ? 1.0 : 0.0;",
  winsMin: "return a <= b || isNan_(a) ? 1.0 : 0.0;",
  max: "return a >= b || isNan_(a) ? a : b;",
  min: "return a <= b || isNan_(a) ? a : b;",
  leakyRelu: "return a > 0.0 ? a : b * a;",
  elu: "return a > 0.0 ? a : b * lessOne_(a);",
  // Whether a candidate takes the place of the best so far: of equal ones the first stays, and so does a NaN.
  exceeds: "return !isNan_(b) && (a > b || isNan_(a)) ? 1.0 : 0.0;",
  undercuts: "return !isNan_(b) && (a < b || isNan_(a)) ? 1.0 : 0.0;",
  // Whether element a comes after element b in ascending order, NaN last.
  sortsAfter: "return isNan_(a) ? (isNan_(b) ? 0.0 : 1.0) : a > b ? 1.0 : 0.0;",
  ...ordered,
  // A guard: 1 where a number is not the one expected.
  differs: "return a == b || (isNan_(a) && isNan_(b)) ? 0.0 : 1.0;",
};

const ternary: Readonly<Record<string, string>> = {
  where: "return a == 0.0 ? c : b;",
  clip: "float low = a >= b || isNan_(a) ? a : b; return low <= c || isNan_(low) ? low : c;",
};

/** Whether an operation is a function of single numbers that kernels know. */
export function isElementwise(name: string): boolean {
  return arityOf(name) !== undefined && !internal.has(name);
}

/** How many operands a function takes. */
export function arityOf(name: string): number | undefined {
  return Object.hasOwn(unary, name)
    ? 1
    : Object.hasOwn(binary, name)
      ? 2
      : Object.hasOwn(ternary, name)
        ? 3
        : undefined;
}

/** No primitives: what kernels call besides. */
const internal = new Set([
  "copy",
  "nonFinite",
  "exceeds",
  "undercuts",
  "sortsAfter",
  "differs",
  ...Object.keys(ordered),
]);

/** Of whole numbers, and between whole numbers and others. */
const others: readonly NativeFunction[] = [
  { name: "quotient_", source: "int quotient_(int a, int b) { return a / b; }" },
  // Not `remainder_`, which is the primitive of that name: in floats, of which GPUs round quotients.
  { name: "indexRemainder_", source: "int indexRemainder_(int a, int b) { return a - b * (a / b); }" },
  { name: "float_", source: "float float_(int a) { return float(a); }" },
  { name: "bits_", source: "float bits_(int a) { return intBitsToFloat(a); }" },
  // Of what is whole already: adding a half would round numbers beyond 2²³.
  { name: "whole_", source: "int whole_(float a) { return int(a); }" },
  // Where a step of a region meets an offset from its beginning.
  {
    name: "inside_",
    source:
      "float inside_(int offset, int step, int extent) { int q = offset / step; return q * step == offset && q >= 0 && q < extent ? 1.0 : 0.0; }",
  },
  { name: "below_", source: "float below_(int a, int b) { return a < b ? 1.0 : 0.0; }" },
  { name: "same_", source: "float same_(int a, int b) { return a == b ? 1.0 : 0.0; }" },
  // An index that a tensor holds: negative ones count from the end, and whatever is none gives −1.
  {
    name: "place_",
    source: `int place_(float index, int extent) {
      if (notFinite_(index) || index != floor(index) || index < -float(extent) || index >= float(extent)) return -1;
      int whole = int(index);
      return whole < 0 ? whole + extent : whole;
    }`,
  },
  // Where a region of a size begins along an axis: negative places count from the end, and whatever is none gives −1.
  {
    name: "begin_",
    source: `int begin_(float start, int extent, int size) {
      if (notFinite_(start) || start != floor(start)) return -1;
      float first = start < 0.0 ? start + float(extent) : start;
      return first >= 0.0 && first + float(size) <= float(extent) ? int(first) : -1;
    }`,
  },
  { name: "atPlace_", source: "float atPlace_(int place, float x) { return place < 0 ? nan_() : x; }" },
  {
    name: "isPlace_",
    source: "float isPlace_(int place, int own) { return place < 0 ? nan_() : place == own ? 1.0 : 0.0; }",
  },
];

/** What the functions below call. Not to be called by kernels themselves. */
export const helpers = `
float nan_() { return intBitsToFloat(2143289344); }
float infinity_() { return intBitsToFloat(2139095040); }
// Of the sign of a. A quotient that is rounded across a whole number is off by one.
float modulo_(float a, float b) {
  float y = a - b * trunc(a / b);
  if (abs(y) >= abs(b)) y -= sign(y) * abs(b);
  return y * a < 0.0 ? y + sign(a) * abs(b) : y;
}
bool notFinite_(float x) { return (floatBitsToInt(x) & 2139095040) == 2139095040; }
bool isNan_(float x) { return (floatBitsToInt(x) & 2147483647) > 2139095040; }
bool isInfinite_(float x) { return (floatBitsToInt(x) & 2147483647) == 2139095040; }
float exponential_(float x) {
  if (isNan_(x)) return x;
  return x > 88.8 ? infinity_() : x < -103.0 ? 0.0 : exp(x);
}
float logarithm_(float x) {
  if (isNan_(x) || x < 0.0) return nan_();
  return x == 0.0 ? -infinity_() : isInfinite_(x) ? x : log(x);
}
// Taylor's series where the difference would cancel.
float lessOne_(float x) {
  if (abs(x) >= 0.5) return exponential_(x) - 1.0;
  return x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x / 40320.0)))))));
}
// ln(1 + x) = 2 artanh(x/(2 + x)).
float ofOneMore_(float x) {
  if (abs(x) >= 0.25 || isNan_(x)) return logarithm_(1.0 + x);
  float s = x / (2.0 + x);
  float q = s * s;
  return 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q / 9.0))));
}
float hyperbolicTangent_(float x) {
  if (isNan_(x)) return x;
  if (abs(x) > 10.0) return x > 0.0 ? 1.0 : -1.0;
  float e = lessOne_(2.0 * abs(x));
  float y = e / (e + 2.0);
  return x < 0.0 ? -y : y;
}
// Cephes' sinf and cosf: what is left of multiples of π/2, which are taken off in three parts, and two polynomials.
float circular_(float x, int quarter) {
  if (notFinite_(x)) return nan_();
  // Beyond that a float does not say where in its turn it is.
  if (abs(x) > 1e6) return quarter == 0 ? sin(x) : cos(x);
  float turns = floor(x * 0.6366197723675814 + 0.5);
  float r = ((x - turns * 1.5703125) - turns * 4.837512969970703125e-4) - turns * 7.54978995489188216e-8;
  int which = (int(turns) + quarter) & 3;
  float z = r * r;
  float sine = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  float cosine = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  float y = (which & 1) == 0 ? sine : cosine;
  return which > 1 ? -y : y;
}
float sine_(float x) { return circular_(x, 0); }
float cosine_(float x) { return circular_(x, 1); }
// The polynomial of Cephes' atanf on |x| < tan(π/8).
float arcTangent_(float x) {
  if (isNan_(x)) return x;
  float a = abs(x);
  float base = 0.0;
  if (a > 2.414213562373095) { base = 1.5707963267948966; a = isInfinite_(a) ? 0.0 : -1.0 / a; }
  else if (a > 0.4142135623730950) { base = 0.7853981633974483; a = (a - 1.0) / (a + 1.0); }
  float z = a * a;
  float y = base + ((((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * a + a);
  return x < 0.0 ? -y : y;
}
float arcTangent2_(float y, float x) {
  if (isNan_(x) || isNan_(y)) return nan_();
  if (isInfinite_(x) && isInfinite_(y)) { x = x > 0.0 ? 1.0 : -1.0; y = y > 0.0 ? 1.0 : -1.0; }
  bool left = floatBitsToInt(x) < 0;
  bool below = floatBitsToInt(y) < 0;
  float angle = x == 0.0 ? (y == 0.0 ? 0.0 : 1.5707963267948966) : arcTangent_(abs(y) / abs(x));
  if (left) angle = 3.141592653589793 - angle;
  return below ? -angle : angle;
}
float power_(float a, float b) {
  if (b == 0.0) return 1.0;
  if (isNan_(a) || isNan_(b)) return nan_();
  if (b == floor(b) && abs(b) <= 64.0) {
    float result = 1.0;
    float square = a;
    int rest = int(abs(b));
    for (int k = 0; k < 7; k++) {
      if ((rest & 1) == 1) result *= square;
      rest >>= 1;
      if (rest == 0) break;
      square *= square;
    }
    return b < 0.0 ? 1.0 / result : result;
  }
  bool odd = b == floor(b) && abs(b) < 16777216.0 && mod(abs(b), 2.0) == 1.0;
  if (a < 0.0 && !isInfinite_(a) && b != floor(b) && !isInfinite_(b)) return nan_();
  float size = abs(a);
  if (isInfinite_(b) && size == 1.0) return nan_();
  float y = size == 0.0 ? (b > 0.0 ? 0.0 : infinity_()) : exponential_(isInfinite_(size) ? b * infinity_() : b * log(size));
  return a < 0.0 && odd ? -y : y;
}
// 1 − erf by Chebyshev's approximation from Numerical Recipes, 6.2, for x ≥ 0.
float aboveError_(float x) {
  float t = 1.0 / (1.0 + 0.5 * x);
  return t * exp(-x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
}
// Below 1 the polynomial of Cephes' erff.
float errorFunction_(float x) {
  if (isNan_(x)) return x;
  float a = abs(x);
  float y;
  if (a < 1.0) {
    float z = x * x;
    return x * ((((((7.853861353153693e-5 * z - 8.010193625184903e-4) * z + 5.188327685732524e-3) * z - 2.685381193529856e-2) * z + 1.128358514861418e-1) * z - 3.761262582423300e-1) * z + 1.128379165726710);
  }
  if (a > 6.0) return x > 0.0 ? 1.0 : -1.0;
  y = 1.0 - aboveError_(a);
  return x < 0.0 ? -y : y;
}
${gammaHelpers}`;

function natives(bodies: Readonly<Record<string, string>>, parameters: string): NativeFunction[] {
  return Object.entries(bodies).map(([name, body]) => ({
    name: `${name}_`,
    source: `float ${name}_(${parameters}) { ${body} }`,
  }));
}

/** Everything that kernels may call. */
export const nativeFunctions: readonly NativeFunction[] = [
  ...natives(unary, "float x"),
  ...natives(binary, "float a, float b"),
  ...natives(ternary, "float a, float b, float c"),
  ...others,
];
