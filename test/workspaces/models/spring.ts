/** The energy of the spring that was stretched last, in joules. */
export let energy = 0;

/** F = kx in newtons. */
export function force(stiffness: number, stretch: number): number {
  const pull = stiffness * stretch;
  energy = (pull * stretch) / 2;
  return pull;
}
