import { mul } from "../../../../engine/primitives/arithmetic.ts";
import { fft } from "../../../../engine/primitives/fourier.ts";
import { on } from "../caseOf.ts";
import { filled, noise } from "../checkDerivatives.ts";

const next = noise(5);

export const fourierCases = {
  fft: [
    on((x) => fft(mul(x, x), [1], false), filled([2, 4], next)),
    on((x) => fft(x, [2], true), filled([2, 2, 5], next)),
    on((x) => fft(x, [1, 2], false), filled([2, 3, 4], next)),
    on((x) => fft(x, [1], true), filled([2, 35], next)),
  ],
};
