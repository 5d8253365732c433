// `printReference.ts FILE MODEL STEPS`: the float64 reference of a training's first steps as JSON, for tests that run elsewhere.
import { referenceOf } from "./reference.ts";

const [file, model, count] = process.argv.slice(2);
const { steps } = await referenceOf(file!, model!, Number(count));
const last = steps.at(-1)!.weights.map((leaf) => [...leaf]);
const told = steps.map(({ loss, metrics, gradientNorms }) => ({ loss, metrics, gradientNorms }));
process.stdout.write(JSON.stringify({ steps: told, weights: last }));
