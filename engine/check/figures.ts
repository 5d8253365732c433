/** A figure in a sentence: six digits, which tell apart what differs by more than rounding. */
export function short(x: number): number {
  return Number(x.toPrecision(6));
}
