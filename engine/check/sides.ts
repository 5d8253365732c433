/** A point on a kink, or at the edge of where there are values: the derivatives of either side. */
import type { Crossing } from "./crossings.ts";
import type { Line } from "./line.ts";
import { DifferenceTableau, reduction, type Estimate } from "./ridders.ts";
import { firstOrder, retreat, sureness, type Steps } from "./steps.ts";

/** One-sided derivatives that differ by more are those of two pieces; by less, of pieces that fit. */
const unlikeShare = 1e-3;
const smoothShare = 1e-6;

/** The derivatives of either side, where there are any; the derivative itself is their mean. */
export interface Sides extends Estimate {
  readonly below?: Estimate;
  readonly above?: Estimate;
  /** Value and derivative go on from one side to the other. */
  readonly smooth?: true;
  /** There are values at the point alone, and none on either side. */
  readonly isolated?: true;
}

/** `unit` and `smallest`: the size of the parameter along the line, and the smallest step. */
export async function sidesOf(line: Line, unit: number, smallest: number): Promise<Sides> {
  const below = await side(line, -unit, -smallest);
  const above = await side(line, unit, smallest);
  const found = [below, above].filter((one) => one !== undefined);
  const sides = { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) };
  return {
    derivative: found.length === 0 ? NaN : found.reduce((sum, { derivative }) => sum + derivative, 0) / found.length,
    error: Math.max(0, ...found.map(({ error }) => error)),
    ...(found.length === 2 && (await isSmooth(line, smallest, below!, above!)) ? { smooth: true } : {}),
    ...(found.length === 0 ? { isolated: true as const } : sides),
  };
}

/** Both sides are smooth and yet not alike, although nothing on the tape tells of a kink: what chose is not traced. */
export async function unseenKink(
  line: Line,
  unit: number,
  smallest: number,
  estimate: Estimate,
): Promise<(Sides & { readonly kink: Crossing & { readonly distance: number } }) | undefined> {
  const { below, above } = await sidesOf(line, unit, smallest);
  if (below === undefined || above === undefined) return undefined;
  const size = Math.abs(below.derivative) + Math.abs(above.derivative);
  const apart = Math.abs(below.derivative - above.derivative);
  const known = sureness * (below.error + above.error) + unlikeShare * size;
  if (!(known <= size / 2 || size === 0)) return undefined;
  const jumps = errorIsLarge(estimate, size) && !(await line.isContinuous(smallest));
  if (apart <= known && !jumps) return undefined;
  const site = await line.foreign(smallest);
  const kink = { ...(site ?? { op: "jump", site: 0 }), distance: 0 };
  const mean = (below.derivative + above.derivative) / 2;
  return { derivative: mean, error: Math.max(below.error, above.error), below, above, kink };
}

/**
 * Where the kink is nearer than the smallest step and still beside the point: how near, and the derivative of the piece
 * that the point is on, which reaches to the smallest step on one side. Undefined where the point is on the kink.
 */
export async function besideKink(
  line: Line,
  { smallest, resolution }: Steps,
  { below, above }: Sides,
): Promise<{ readonly distance: number; readonly estimate: Estimate } | undefined> {
  const sides = await Promise.all([line.at(-smallest), line.at(smallest)]);
  const [free, ...others] = [below, above].filter((_, k) => sides[k] !== undefined && sides[k].crossing === undefined);
  if (free === undefined || others.length > 0) return undefined;
  for (let step = smallest / retreat; step >= resolution; step /= retreat)
    if ((await line.obstacle(step)) === "none") return { distance: step * retreat, estimate: free };
  return undefined;
}

/** Whether value and derivative go on across the point: its pieces fit. */
async function isSmooth(line: Line, step: number, below: Estimate, above: Estimate): Promise<boolean> {
  const size = Math.abs(below.derivative) + Math.abs(above.derivative);
  const apart = Math.abs(below.derivative - above.derivative);
  if (apart > sureness * (below.error + above.error) + smoothShare * size) return false;
  return line.isContinuous(step);
}

/** The derivative on one side, from points of that side alone: on a jump the value itself belongs to the other. */
async function side(line: Line, unit: number, smallest: number): Promise<Estimate | undefined> {
  const onSide = await line.sideOf(smallest);
  if (onSide === undefined) return undefined;
  let step = unit * 2 ** -(firstOrder + 3);
  while ((await onSide(2 * step)) === undefined || (await onSide(step)) === undefined) {
    if (Math.abs(step) <= Math.abs(smallest)) return undefined;
    step /= retreat;
  }
  const tableau = new DifferenceTableau(1);
  for (let h = step; !tableau.finished; h /= reduction) {
    const [far, close] = [await onSide(2 * h), await onSide(h)];
    if (far === undefined || close === undefined || far.t === close.t) break;
    const width = far.t - close.t;
    tableau.add((far.value - close.value) / width, line.noise(width, far, close));
  }
  return tableau.best.error === Infinity ? undefined : tableau.best;
}

/** Whether differences tell nothing, against what the sides' derivatives add up to. */
function errorIsLarge({ derivative, error }: Estimate, size: number): boolean {
  return error * sureness > Math.max(Math.abs(derivative), size);
}
