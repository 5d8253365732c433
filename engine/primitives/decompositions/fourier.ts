import { native } from "../native.ts";

/** Σₖ xₖ e^(∓2πi jk/n) in place: the sign is − forward, + where `inverse`. Nothing is divided by n. */
export type FourierTransform = (re: Float64Array, im: Float64Array, inverse: boolean) => void;

const plans = new Map<number, FourierTransform>();
const mostPlans = 64;
/** Up to this length a sum for each element is as fast as anything, and more exact. */
const longestDirect = 32;

/** The transform of a length; its tables are kept for the next time. */
export function fourierTransform(length: number): FourierTransform {
  let plan = plans.get(length);
  if (plan === undefined) {
    if (plans.size >= mostPlans) plans.clear();
    const isPowerOfTwo = (length & (length - 1)) === 0;
    plan = isPowerOfTwo ? radixTwo(length) : length <= longestDirect ? direct(length) : chirp(length);
    plans.set(length, plan);
  }
  return plan;
}

/** cos and sin of 2πk/n for k < n, each from an angle within an eighth of a turn, so that they are exact to rounding. */
function rootsOfUnity(length: number): { cosines: Float64Array; sines: Float64Array } {
  const cosines = new Float64Array(length);
  const sines = new Float64Array(length);
  for (let k = 0; k < length; k++) {
    const eighth = native.floor((8 * k) / length);
    const quarters = native.floor((eighth + 1) / 2);
    const angle = (2 * Math.PI * (4 * k - quarters * length)) / (4 * length);
    const [c, s] = [native.cos(angle), native.sin(angle)];
    const turned = quarters % 4;
    cosines[k] = turned === 0 ? c : turned === 1 ? -s : turned === 2 ? -c : s;
    sines[k] = turned === 0 ? s : turned === 1 ? c : turned === 2 ? -s : -c;
  }
  return { cosines, sines };
}

function direct(length: number): FourierTransform {
  const { cosines, sines } = rootsOfUnity(length);
  const [x, y] = [new Float64Array(length), new Float64Array(length)];
  return (re, im, inverse) => {
    const sign = inverse ? 1 : -1;
    for (let j = 0; j < length; j++) {
      let [u, v] = [0, 0];
      for (let k = 0, at = 0; k < length; k++) {
        const [c, s] = [cosines[at]!, sign * sines[at]!];
        u += re[k]! * c - im[k]! * s;
        v += re[k]! * s + im[k]! * c;
        at += j;
        if (at >= length) at -= length;
      }
      x[j] = u;
      y[j] = v;
    }
    re.set(x);
    im.set(y);
  };
}

/** Cooley and Tukey (1965), iterative, for powers of two. */
function radixTwo(length: number): FourierTransform {
  const { cosines, sines } = rootsOfUnity(length);
  const reversed = new Int32Array(length);
  for (let k = 1; k < length; k++) reversed[k] = (reversed[k >> 1]! >> 1) | (k & 1 ? length >> 1 : 0);
  return (re, im, inverse) => {
    const sign = inverse ? 1 : -1;
    for (let k = 0; k < length; k++) {
      const other = reversed[k]!;
      if (other <= k) continue;
      const [x, y] = [re[k]!, im[k]!];
      re[k] = re[other]!;
      im[k] = im[other]!;
      re[other] = x;
      im[other] = y;
    }
    for (let half = 1; half < length; half *= 2) {
      const step = length / (2 * half);
      for (let j = 0, at = 0; j < half; j++, at += step) {
        const c = cosines[at]!;
        const s = sign * sines[at]!;
        for (let even = j; even < length; even += 2 * half) {
          const odd = even + half;
          const x = re[odd]! * c - im[odd]! * s;
          const y = re[odd]! * s + im[odd]! * c;
          re[odd] = re[even]! - x;
          im[odd] = im[even]! - y;
          re[even]! += x;
          im[even]! += y;
        }
      }
    }
  };
}

/** Bluestein (1970): a transform of any length n as a convolution with a chirp e^(πik²/n), of a power of two's length. */
function chirp(length: number): FourierTransform {
  const size = 2 ** native.floor(native.log(2 * length - 1) / Math.LN2 + 1);
  const whole = fourierTransform(size);
  const { cosines, sines } = rootsOfUnity(2 * length);
  const [c, s] = [new Float64Array(length), new Float64Array(length)];
  for (let k = 0, square = 0; k < length; k++) {
    // k² modulo 2n, since large angles lose digits
    c[k] = cosines[square]!;
    s[k] = sines[square]!;
    square = (square + 2 * k + 1) % (2 * length);
  }
  const [kernelRe, kernelIm] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < length; k++)
    for (const at of k === 0 ? [0] : [k, size - k]) {
      kernelRe[at] = c[k]!;
      kernelIm[at] = s[k]!;
    }
  whole(kernelRe, kernelIm, false);
  const [x, y] = [new Float64Array(size), new Float64Array(size)];
  return (re, im, inverse) => {
    // The inverse transform is the conjugate of the forward one of the conjugate.
    const sign = inverse ? -1 : 1;
    x.fill(0, length);
    y.fill(0, length);
    for (let k = 0; k < length; k++) {
      x[k] = re[k]! * c[k]! + sign * im[k]! * s[k]!;
      y[k] = sign * im[k]! * c[k]! - re[k]! * s[k]!;
    }
    whole(x, y, false);
    for (let k = 0; k < size; k++) {
      const [u, v] = [x[k]!, y[k]!];
      x[k] = u * kernelRe[k]! - v * kernelIm[k]!;
      y[k] = u * kernelIm[k]! + v * kernelRe[k]!;
    }
    whole(x, y, true);
    for (let k = 0; k < length; k++) {
      const [u, v] = [x[k]! / size, y[k]! / size];
      re[k] = u * c[k]! + v * s[k]!;
      im[k] = sign * (v * c[k]! - u * s[k]!);
    }
  };
}
