import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brief, diagnosed, diagnosedFile } from "./diagnosed.ts";

const found = await diagnosedFile("non-finite.ts");
const branches = await diagnosedFile("where-sqrt.ts");

describe("names the first operation that made a value that is not finite", () => {
  const kinds: Readonly<Record<string, readonly [line: number, pass: string, kind: string]>> = {
    domain: [5, "forward", "domain"],
    overflow: [9, "forward", "overflow"],
    division: [15, "forward", "division by zero"],
    zeroOverZero: [20, "forward", "0/0"],
    pole: [26, "forward", "pole"],
    radius: [33, "backward", "pole"],
    infinities: [38, "forward", "∞−∞"],
    tensors: [43, "forward", "pole"],
    exponent: [47, "backward", "domain"],
  };
  for (const [name, [line, pass, kind]] of Object.entries(kinds))
    test(`${name}: ${kind} on line ${line}`, () => {
      const [finding, ...others] = found.get(name)!;
      assert.deepEqual(brief([finding!]), [`error non-finite ${line}`]);
      assert.equal(finding!.data!["pass"], pass);
      assert.equal(finding!.data!["kind"], kind);
      assert.deepEqual(others, []);
    });
});

test("says which turn of a loop it was, and with which operands", () => {
  const [finding] = found.get("pole")!;
  assert.equal(
    finding!.message,
    "The result is NaN: `Math.log(q)` on line 26 (execution 2 of 3) is −∞, the log of 0; keep its argument away from there, for example as `Math.log(x + 1e-12)`.",
  );
  assert.equal(finding!.data!["execution"], 2);
  assert.deepEqual(finding!.data!["operands"], [0]);
});

test("says which element of a tensor it was", () => {
  assert.deepEqual(found.get("tensors")![0]!.data!["index"], [0, 1]);
});

test("leads from the NaN of the result to the overflow that began it, and names both places", () => {
  const [finding] = found.get("overflow")!;
  assert.equal(finding!.source.line, 9);
  assert.match(finding!.message, /the exp of 800 is beyond 1\.8e\+308/);
});

test("leads on to an overflow that was divided by, and so is 0", () => {
  const [finding, ...others] = found.get("softmaxByHand")!;
  assert.deepEqual(others, []);
  assert.equal(finding!.source.line, 61);
  assert.match(finding!.message, /`Math\.exp\(v\)` on line 61 \(execution 2 of 3\) overflows: the exp of 800/);
  assert.deepEqual(
    finding!.related!.map(({ source, message }) => [source.line, message]),
    [[63, "Here it becomes infinite: Math.log(e[0] / total)"]],
  );
});

describe("tells where a 0 comes from that mathematics does not have", () => {
  for (const [name, line, related, sentence] of [
    [
      "likelihood",
      69,
      68,
      /log of 0: `product \*= p\[n % 3\]` on line 68 has come below the smallest number there is; /,
    ],
    ["certain", 74, undefined, /log of 0: `1 - p` on line 74 is 0 since the sigmoid in it is rounded to 1; /],
    [
      "surprise",
      78,
      undefined,
      /log of 0: `softmax\(scores\)` on line 78 .* use logSoftmax, or crossEntropy of the scores\.$/,
    ],
  ] as const)
    test(name, () => {
      const [finding] = found.get(name)!;
      assert.equal(finding!.source.line, line);
      assert.match(finding!.message, sentence);
      if (related !== undefined) assert.equal(finding!.related![0]!.source.line, related);
    });
});

test("blames the branch that `where` does not take, and tells of the double where", () => {
  const [finding] = branches.get("half")!;
  assert.equal(
    finding!.message,
    "The gradient with respect to x is not finite although the result is finite: passing back through `sqrt(x)` on line 4 " +
      "multiplies the adjoint 0 by the derivative of sqrt at 0, which is infinite (0·∞ is NaN). `where(greater(x, 0), root, 0)` " +
      "on line 5 does not take this branch, yet the adjoint passes through it: make its argument safe too (a double where), " +
      "as in `where(c, sqrt(where(c, x, 1)), 0)`.",
  );
  assert.equal(finding!.data!["kind"], "0·∞");
});

test("is silent once the argument is safe as well", () => {
  assert.deepEqual(branches.get("fixed"), []);
});

test("is silent about a NaN that nothing depends on", () => {
  assert.deepEqual(found.get("notTaken"), []);
});

test("is silent about infinities that are meant and do no harm", () => {
  assert.deepEqual(found.get("masked"), []);
});

test("leads on to an infinity that was passed on by several operations before it spoiled the gradient", () => {
  const [finding, ...others] = found.get("expired")!;
  assert.deepEqual(others, []);
  assert.deepEqual(brief([finding!]), ["error non-finite 85"]);
  assert.equal(finding!.data!["kind"], "division by zero");
});

describe("tells poles, bounds and domains of special functions and log densities by what was written", () => {
  const cases: readonly (readonly [call: string, at: number, told: string])[] = [
    ["y0(x)", 0, "is −∞, the y0 of 0; keep its argument away from there, for example as `y0(x + 1e-12)`."],
    [
      "besselK(2, x)",
      0,
      "is ∞, the besselK of 2 and 0; keep its argument away from there, for example as `besselK(n, x + 1e-12)`.",
    ],
    ["exp1(x)", 0, "is ∞, the exp1 of 0; keep its argument away from there, for example as `exp1(x + 1e-12)`."],
    ["gamma(x)", 200, "overflows: the gamma of 200 is beyond 1.8e+308; rescale its argument first."],
    [
      "gamma(x)",
      -2,
      "is NaN, since gamma of −2 is not a real number; keep its argument within the domain, away from the whole numbers up to 0.",
    ],
    [
      "lambertW(x)",
      -2,
      "is NaN, since lambertW of −2 is not a real number; keep its argument within the domain, for example with Math.max(x, -1 / Math.E).",
    ],
    [
      "ndtri(x)",
      1.5,
      "is NaN, since ndtri of 1.5 is not a real number; keep its argument within the domain, for example with Math.min(Math.max(x, 0), 1).",
    ],
    [
      "betaLogPdf(x, 2, 3)",
      1.2,
      "is −∞, the log of 0: it is given a value that the distribution never takes; keep the value where there is a density, or leave it out.",
    ],
    [
      "normalLogPdf(1, 0, x)",
      -0.1,
      "is NaN, since log of −0.1 is not a real number: a parameter of the distribution is out of bounds; let it be Math.exp, or the sigmoid, of a parameter without bounds.",
    ],
    [
      "binomialLogPmf(3, 5, x)",
      0,
      "is −∞, the xlogy of 3 and 0: it is given a value that the distribution never takes; keep the value where there is a density, or leave it out.",
    ],
    ["where(x > 0, -Infinity, x)", 1, "takes −∞, which stands there as a constant."],
  ];
  test("each", async () => {
    const names = new Set(cases.map(([call]) => call.slice(0, call.indexOf("("))));
    const found = await diagnosed(
      [
        `import { ${[...names].join(", ")} } from "adjoint";`,
        ...cases.map(([call, at], k) => `export const f${k} = (x = ${at}) => ${call};`),
      ].join("\n"),
    );
    assert.deepEqual(
      cases.map((_, k) => found.get(`f${k}`)!.map(({ message }) => message.replace(/^The result is (NaN|−?∞): /, ""))),
      cases.map(([call, , told], k) => [`\`${call}\` on line ${k + 2} ${told}`]),
    );
  });
});
