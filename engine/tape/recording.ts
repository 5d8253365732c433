import { Tape } from "./tape.ts";
import type { Tensor, TracedNumber, Value } from "./tensor.ts";

/** Told what the course of a recording rests on, where it is to be run again with other values. */
export interface Watcher {
  /** Whether the recording is to be run again with other values, as one program: then nothing may happen beside the tape. */
  readonly compiles?: boolean;
  /** Two values were compared, or one was tested for truth, and what follows hangs on how that came out. */
  compared(comparison: Comparison, a: Value, b: Value): void;
  /** The number that a traced value holds was read: what follows hangs on it. */
  read(value: TracedNumber | Tensor): void;
}

export type Comparison = "less" | "lessEqual" | "greater" | "greaterEqual" | "equal" | "notEqual";

/** Where operations are recorded now. One run at a time: the engine process owns one recording. */
class Recording {
  tape = new Tape();
  /** False while values are computed without being recorded. */
  on = false;
  /** The site and scope that the next node gets. */
  site = 0;
  scope = 0;
  /** The site of the call or loop turn that was begun last. Shared memory where someone watches the run from outside. */
  heartbeat: Int32Array = new Int32Array(1);
  watcher: Watcher | undefined = undefined;
}

export const recording = new Recording();

/** Runs `body` with operations recorded on `tape`, and puts back what was before, also when `body` throws. */
export function recordOn<T>(tape: Tape, body: () => T): T {
  return within(tape, true, body);
}

/** Runs `body` without recording: traced values then count as what they hold. */
export function withoutRecording<T>(tape: Tape, body: () => T): T {
  return within(tape, false, body);
}

/** Runs `body` recorded on a tape of its own. Whoever watches the recording at hand is not told; `told` is. */
export function recordApart<T>(tape: Tape, body: () => T, told?: Watcher): T {
  const { watcher } = recording;
  recording.watcher = told;
  try {
    return within(tape, true, () => {
      recording.scope = 0;
      return body();
    });
  } finally {
    recording.watcher = watcher;
  }
}

function within<T>(tape: Tape, on: boolean, body: () => T): T {
  const { tape: outerTape, on: outerOn, site, scope } = recording;
  recording.tape = tape;
  recording.on = on;
  try {
    return body();
  } finally {
    recording.tape = outerTape;
    recording.on = outerOn;
    recording.site = site;
    recording.scope = scope;
  }
}
