const gravity = 9.81; // m/s²
const rod = 2; // m, its length
const pivot = 3; // m above the ground
const drag = 0.04; // 1/m: air takes drag · speed² off the acceleration
const step = 0.01; // s

/**
 * Where a ball lands that swings forward on a rod and is let go, in metres from the point below the pivot.
 *
 * @param start where the swing begins, in radians from hanging straight down; behind is negative
 * @param push the speed the ball is given there, in m/s
 * @param release the angle at which it is let go; if it does not get that far, it is let go where it turns
 */
export function landing(start = -1.2, push = 1, release = 0.8) {
  // On the rod: θ″ = −(g/ℓ) sin θ − kℓ |θ′| θ′. The last step is cut short, to end exactly at the release.
  let θ = start;
  let ω = push / rod;
  do {
    const dt = θ + step * ω < release ? step : (release - θ) / ω;
    θ += dt * ω;
    ω -= dt * ((gravity / rod) * Math.sin(θ) + drag * rod * Math.abs(ω) * ω);
  } while (θ < release && ω > 0);

  // In the air: x″ = −k|v| x′ and y″ = −g − k|v| y′. The last step ends exactly on the ground.
  let x = rod * Math.sin(θ);
  let y = pivot - rod * Math.cos(θ);
  let vx = rod * ω * Math.cos(θ);
  let vy = rod * ω * Math.sin(θ);
  while (y > 0) {
    const dt = y + step * vy > 0 ? step : -y / vy;
    const slowing = drag * Math.hypot(vx, vy);
    x += dt * vx;
    y += dt * vy;
    vx -= dt * slowing * vx;
    vy -= dt * (gravity + slowing * vy);
  }
  return x;
}
