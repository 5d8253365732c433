import { readFileSync } from "node:fs";

export function f(x = 1) {
  return x * Number(readFileSync(new URL("./not-there.csv", import.meta.url), "utf8"));
}
