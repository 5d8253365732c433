import { pathToFileURL } from "node:url";
import { describe } from "./describe.ts";
import { functionsOf, outcomeOf, type Outcome } from "./outcomes.ts";

/** Runs the functions that each file exports as Node runs them, and tells the parent what they came to. */
const outcomes: Record<string, Outcome[]> = {};
for (const file of process.argv.slice(2)) {
  const namespace = (await import(pathToFileURL(file).href)) as object;
  const list: Outcome[] = (outcomes[file] = []);
  for (const [name, call] of functionsOf(namespace)) list.push(await outcomeOf(name, () => call(), describe));
}
process.send!(outcomes);
process.disconnect();
