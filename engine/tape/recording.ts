import { Tape } from "./tape.ts";

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
