import { uniformNumbers } from "../../../library/random.ts";
import { replaceMethods } from "./replace.ts";

const seeds = 2 ** 32;
let draw: () => number;

/** Puts a `Math.random` in place whose numbers can be drawn again: another stream for each process until it is seeded. */
export function installRandom(): void {
  seedRandom(newSeed());
  replaceMethods(Math, () => ({
    random() {
      return draw();
    },
  }));
}

/** A seed that nobody has chosen. */
export function newSeed(): number {
  return Math.floor(Math.random() * seeds);
}

/** From now on `Math.random` gives the numbers that belong to `seed`, a whole number below 2³², and `name`. */
export function seedRandom(seed: number, name = ""): void {
  // FNV-1a (Fowler, Noll and Vo) over the name's UTF-16 units.
  let mixed = seed;
  for (let k = 0; k < name.length; k++) mixed = Math.imul(mixed ^ name.charCodeAt(k), 0x01000193);
  draw = uniformNumbers(mixed >>> 0);
}
