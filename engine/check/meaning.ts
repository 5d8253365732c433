/** Which vote of a gradient check disagrees with the others, and what that means. */
import type { Dissent, Votes } from "./report.ts";

/**
 * `tolerance`: how far apart, absolutely, two votes may be that agree. At a kink there is no one derivative that the modes
 * could be held to.
 */
export function dissent(
  { reverse, forward, numeric, complex }: Votes,
  tolerance: number,
  atKink = false,
): { readonly dissent: Dissent; readonly meaning: string } {
  const agree = (a: number, b: number): boolean =>
    Math.abs(a - b) <= Math.max(tolerance, 1e-6 * (Math.abs(a) + Math.abs(b)));
  const told = (who: Exclude<Dissent, "rounding">): { dissent: Dissent; meaning: string } => ({
    dissent: who,
    meaning: meanings[who],
  });
  if (atKink) return told(agree(reverse, forward) ? "kink" : "modes");
  const measured = complex !== undefined && agree(complex, numeric) ? complex : numeric;
  const [back, ahead] = [agree(reverse, measured), agree(forward, measured)];
  if (back && !ahead) return told("forward");
  if (!back && ahead) return told("reverse");
  if (!agree(reverse, forward)) return told("all");
  if (complex === undefined) return told("differences");
  // Of a small error all are near each other: the complex step is right to more digits than differences are.
  return told(Math.abs(complex - reverse) < Math.abs(complex - numeric) ? "program" : "rules");
}

/** Of modes and a complex step that agree on what rounding made of terms that cancel. */
export const roundingDissent = {
  dissent: "rounding",
  meaning:
    "Reverse mode, forward mode and a complex step agree, so the rules are right, but large terms cancel here and leave hardly more than their rounding.",
} as const;

const meanings: Readonly<Record<Exclude<Dissent, "rounding">, string>> = {
  reverse: "Only reverse mode is off: an adjoint rule (VJP) is wrong, the tangent rules are right.",
  forward: "Only forward mode is off: a tangent rule (JVP) is wrong, the gradient by reverse mode is right.",
  rules:
    "Reverse and forward mode agree with each other, but differences and a complex step agree on another derivative: a rule is wrong in both modes, as that of a custom function is, whose forward mode follows from its adjoint rule.",
  program:
    "Reverse mode, forward mode and a complex step agree on the derivative of what is on the tape, but the program itself varies otherwise: part of it is not traced, or what is held still by intent.",
  differences:
    "Reverse and forward mode agree with each other, but the program varies otherwise: a rule is wrong in both modes (as that of a custom function is), part of the program is not traced, or it is not smooth here.",
  all: "No two of reverse mode, forward mode and differences agree: a rule is wrong in more than one way.",
  kink: "The function has a kink here, and the gradient is not between the derivatives of its two sides.",
  modes: "Reverse and forward mode differ: an adjoint rule and its tangent rule do not belong to the same function.",
};
