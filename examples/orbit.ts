import { odeintEvent } from "adjoint";

// Distances in astronomical units, times in years: then the Sun's pull is 4π²/r².
const pull = 4 * Math.PI ** 2;

interface State {
  x: number;
  y: number;
  vx: number;
  vy: number;
}

function motion({ x, y, vx, vy }: State): State {
  const r = Math.hypot(x, y);
  return { x: vx, y: vy, vx: (-pull * x) / r ** 3, vy: (-pull * y) / r ** 3 };
}

/** Follows a comet from where it is nearest to the Sun to where it is farthest: there it moves neither away nor closer. */
function halfAnOrbit(distance: number, speed: number) {
  const start: State = { x: distance, y: 0, vx: 0, vy: speed };
  return odeintEvent(motion, start, 0, ({ x, y, vx, vy }) => x * vx + y * vy, { until: 20 });
}

/**
 * How far from the Sun a comet gets. The equation of motion is solved step by step; the gradient comes from a second
 * equation that runs backward in time, and from the moment at which the first one ends.
 *
 * @param distance where it is nearest to the Sun
 * @param speed its speed there
 */
export function aphelion(distance = 0.6, speed = 9.5) {
  const { y: state } = halfAnOrbit(distance, speed);
  return Math.hypot(state.x, state.y);
}

/** How long it takes to come back. */
export function period(distance = 0.6, speed = 9.5) {
  return 2 * halfAnOrbit(distance, speed).t;
}
