import { energy, force } from "./spring";

export function total(stiffness = 3, stretch = 2) {
  const pull = force(stiffness, stretch);
  return pull + energy;
}

export const label = (stretch = 1) => `${stretch} m`;

export const length: string = 3;
