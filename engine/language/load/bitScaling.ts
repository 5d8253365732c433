import { runtimeName } from "../runtime/runtime.ts";

/**
 * Packages that take a number's bits apart and give it back with another exponent or sign. Tracing follows arithmetic, not
 * bits: what such a function comes to is a multiple of what it was given.
 */
const names =
  "math[-/\\\\]base[-/\\\\]special[-/\\\\](?:ldexp|copysign)|number[-/\\\\]float64[-/\\\\]base[-/\\\\]set-high-word";
const scaling = new RegExp(`[/\\\\]@stdlib[/\\\\](?:.*[/\\\\])?(?:${names})[/\\\\]lib[/\\\\]index\\.js$`);

/** What is put at the end of such a package's file. */
export const bitScalingHint = (file: string): string =>
  scaling.test(file) ? `\nmodule.exports = ${runtimeName}.scaling(module.exports);` : "";
