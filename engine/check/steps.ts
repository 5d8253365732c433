/** The steps that differences take. */

/** Binary orders below the size of the parameter: the first step, how near a kink is told of, the smallest step. */
export const firstOrder = 5;
const nearOrder = 16;
const smallestOrder = 36;
/** Of a number, in units of its size. */
const resolutionOrder = 50;
/** A parameter that is smaller still is moved by a part of itself. */
const ownOrder = 8;
/** A step that leaves the piece, or where there is no value, is followed by one so much smaller. */
export const retreat = 4;
/** Where the differences cannot be trusted, others are begun with steps so much smaller, and at least so often. */
export const restart = 32;
export const fewestRestarts = 3;
/** What an estimate of an error is multiplied by before anything is built on it. */
export const sureness = 10;

export interface Steps {
  /** The size of the parameter along the direction. */
  readonly unit: number;
  /** How near a kink is told of. */
  readonly near: number;
  readonly smallest: number;
  /** With steps below it the parameter does not move any more. */
  readonly resolution: number;
  /** Near, and a part of the parameter itself. */
  readonly nearest: number;
}

export function stepsFor({ largest, only }: { readonly largest: number; readonly only: number | undefined }): Steps {
  const unit = powerOfTwo(largest);
  const near = unit * 2 ** -nearOrder;
  const own = powerOfTwo(only ?? Infinity) * 2 ** -ownOrder;
  return {
    unit,
    near,
    smallest: Math.min(unit * 2 ** -smallestOrder, own),
    resolution: (only === undefined ? unit : powerOfTwo(only)) * 2 ** -resolutionOrder,
    nearest: Math.min(near, own),
  };
}

/** The largest power of two that is no larger than x. */
function powerOfTwo(x: number): number {
  return 2 ** Math.floor(Math.log2(x));
}
