/**
 * The branch that is not taken contributes exactly 0, or a finding names the cotangent, the local derivative and the line:
 * every function with a point without a finite derivative, behind `?:` and behind `where`.
 */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { FunctionTrace } from "../../../engine/process/protocol.ts";
import { fixture, startEngine } from "../process/engine.ts";

interface Case {
  readonly name: string;
  /** With `Math` and operators, of a number x; undefined where there is none. */
  readonly scalar?: string;
  /** With the library's functions, of a tensor x. */
  readonly tensor: string;
  /** Where it has no finite derivative, or no value. */
  readonly at: number;
}

const cases: readonly Case[] = [
  { name: "sqrt at 0", scalar: "Math.sqrt(x)", tensor: "sqrt(x)", at: 0 },
  { name: "sqrt below 0", scalar: "Math.sqrt(x)", tensor: "sqrt(x)", at: -1 },
  { name: "rsqrt at 0", scalar: "1 / Math.sqrt(x)", tensor: "rsqrt(x)", at: 0 },
  { name: "cbrt at 0", scalar: "Math.cbrt(x)", tensor: "cbrt(x)", at: 0 },
  { name: "a power of 1/2 at 0", scalar: "x ** 0.5", tensor: "x ** 0.5", at: 0 },
  { name: "a negative power at 0", scalar: "Math.pow(x, -2)", tensor: "pow(x, -2)", at: 0 },
  { name: "a broken power below 0", scalar: "x ** 1.5", tensor: "x ** 1.5", at: -2 },
  { name: "a varying exponent at 0", scalar: "x ** x", tensor: "x ** x", at: 0 },
  { name: "a varying exponent below 0", scalar: "x ** x", tensor: "x ** x", at: -1.5 },
  { name: "log at 0", scalar: "Math.log(x)", tensor: "log(x)", at: 0 },
  { name: "log below 0", scalar: "Math.log(x)", tensor: "log(x)", at: -3 },
  { name: "log2 at 0", scalar: "Math.log2(x)", tensor: "log2(x)", at: 0 },
  { name: "log10 at 0", scalar: "Math.log10(x)", tensor: "log10(x)", at: 0 },
  { name: "log1p at −1", scalar: "Math.log1p(x)", tensor: "log1p(x)", at: -1 },
  { name: "a quotient with 0 below", scalar: "1 / x", tensor: "1 / x", at: 0 },
  { name: "0/0", scalar: "x / x", tensor: "x / x", at: 0 },
  { name: "sin x/x at 0", scalar: "Math.sin(x) / x", tensor: "sin(x) / x", at: 0 },
  { name: "reciprocal at 0", tensor: "reciprocal(x)", at: 0 },
  { name: "asin beside its domain", scalar: "Math.asin(x)", tensor: "asin(x)", at: -1 },
  { name: "asin outside of its domain", scalar: "Math.asin(x)", tensor: "asin(x)", at: -2 },
  { name: "acos at −1", scalar: "Math.acos(x)", tensor: "acos(x)", at: -1 },
  { name: "acosh at 1", scalar: "Math.acosh(x + 1)", tensor: "acosh(x + 1)", at: 0 },
  { name: "atanh at −1", scalar: "Math.atanh(x)", tensor: "atanh(x)", at: -1 },
  { name: "atan2 at the origin", scalar: "Math.atan2(x, x)", tensor: "atan2(x, x)", at: 0 },
  { name: "hypot at the origin", scalar: "Math.hypot(x, x)", tensor: "hypot(x, x)", at: 0 },
  { name: "a root of a sum of squares", scalar: "Math.sqrt(x * x + x * x)", tensor: "sqrt(x * x + x * x)", at: 0 },
  { name: "the norm at the origin", tensor: "norm(x)", at: 0 },
  { name: "a normalised vector at the origin", tensor: "x / norm(x)", at: 0 },
  { name: "a standard deviation of one value", tensor: "std(x)", at: 0 },
  { name: "exp that overflows", scalar: "Math.exp(-x)", tensor: "exp(-x)", at: -1000 },
  { name: "the log of exp that underflows", scalar: "Math.log(Math.exp(x))", tensor: "log(exp(x))", at: -1000 },
  { name: "expm1 over itself", scalar: "Math.expm1(x) / x", tensor: "expm1(x) / x", at: 0 },
  { name: "x log x at 0", scalar: "x * Math.log(x)", tensor: "x * log(x)", at: 0 },
  { name: "xlogy at 0", tensor: "xlogy(x, x)", at: 0 },
  { name: "logit at 0", tensor: "logit(x)", at: 0 },
  { name: "erfinv at −1", tensor: "erfinv(x)", at: -1 },
  { name: "lgamma at 0", tensor: "lgamma(x)", at: 0 },
];

const header =
  'import { acos, acosh, asin, atan2, atanh, cbrt, erfinv, exp, expm1, greater, hypot, lgamma, log, log10, log1p, log2, logit, norm, pow, reciprocal, rsqrt, sin, sqrt, std, sum, tensor, where, xlogy } from "adjoint";';
const lines = [header];
/** The line of each function's expression. */
const lineOf = new Map<string, number>();
cases.forEach(({ scalar, tensor, at }, k) => {
  if (scalar !== undefined) {
    lines.push(`export function choice${k}(x = ${at}) {`, `  return x > 0 ? ${scalar} : 0;`, "}");
    lines.push(`export function branch${k}(x = ${at}) {`, `  if (x > 0) return ${scalar};`, "  return 2 * x;", "}");
  }
  lines.push(`export function where${k}(x = tensor([${at}])) {`, `  const y = ${tensor};`);
  lineOf.set(`where${k}`, lines.length);
  lines.push("  return sum(where(greater(x, 0), y, 0));", "}");
  const safe = tensor.replaceAll(/\bx\b/g, "safe");
  lines.push(
    `export function doubled${k}(x = tensor([${at}])) {`,
    "  const safe = where(greater(x, 0), x, 0.5);",
    `  return sum(where(greater(x, 0), ${safe}, 0));`,
    "}",
  );
});

const engine = startEngine();
after(() => engine.dispose());
const session = await engine.trace({
  file: fixture("formula.ts"),
  text: lines.join("\n"),
  limits: { wallClockMs: 120_000 },
});
assert.deepEqual(session.summary.diagnostics, []);
const traces = new Map(session.summary.functions.map((trace) => [trace.function, trace]));

function traced(name: string): FunctionTrace {
  const trace = traces.get(name);
  assert.ok(trace, `${name} was not traced`);
  return trace;
}

function gradientOf(name: string): number {
  return [traced(name).gradient!["x"]].flat()[0] as number;
}

const nonFinite = (name: string): FunctionTrace["diagnostics"] =>
  traced(name).diagnostics.filter(({ code }) => code === "non-finite");

describe("behind ?: and if, only the branch taken is there: it contributes exactly 0", () => {
  cases.forEach(({ name, scalar }, k) => {
    if (scalar === undefined) return;
    test(name, () => {
      assert.deepEqual([gradientOf(`choice${k}`), nonFinite(`choice${k}`)], [0, []]);
      assert.deepEqual([gradientOf(`branch${k}`), nonFinite(`branch${k}`)], [2, []]);
    });
  });
});

describe("behind where, it contributes exactly 0, or the finding says how it does not", () => {
  for (const [k, { name }] of cases.entries())
    test(name, () => {
      const gradient = gradientOf(`where${k}`);
      const [finding, ...others] = nonFinite(`where${k}`);
      if (Number.isFinite(gradient)) {
        assert.ok(gradient === 0, String(gradient));
        assert.equal(finding, undefined);
        return;
      }
      assert.ok(finding, `${gradient} without a word`);
      assert.deepEqual(others, []);
      assert.equal(finding.source.line, lineOf.get(`where${k}`), finding.message);
      assert.match(finding.message, /line \d+/);
      // What met: the cotangent 0, and what the derivative is; or else the value that is not finite already.
      const met = /multiplies the adjoint 0 by the derivative of \w+ at .*, which is (infinite \(0·∞ is NaN\)|NaN)/;
      assert.match(finding.message, finding.data!["pass"] === "forward" ? /is −∞, the log of 0/ : met);
      assert.match(finding.message, /double where|safe|keep|Keep|rescale|finite/);
    });
});

describe("behind a double where, it contributes exactly 0", () => {
  for (const [k, { name }] of cases.entries())
    test(name, () => {
      assert.equal(gradientOf(`doubled${k}`), 0);
      assert.deepEqual(nonFinite(`doubled${k}`), []);
    });
});
