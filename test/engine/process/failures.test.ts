import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Diagnostic, Limits } from "../../../engine/process/protocol.ts";
import { formatDuration } from "../../../engine/process/format.ts";
import { fixture, startEngine, withTimeFor } from "./engine.ts";

const engine = startEngine({ spare: true });
after(() => engine.dispose());

async function diagnosticsOf(name: string, limits: Partial<Limits> = {}): Promise<readonly Diagnostic[]> {
  const { summary } = await engine.trace({ file: fixture(`bad/${name}`), limits });
  assert.ok(
    summary.functions.every(({ value }) => value === undefined),
    "nothing has a value",
  );
  return [...summary.diagnostics, ...summary.functions.flatMap(({ diagnostics }) => diagnostics)];
}

/** The one error of a file: code, place and sentence. */
function fails(name: string, expected: string, limits?: Partial<Limits>): void {
  test(`${name.replaceAll("-", " ").replace(".ts", "")}: ${expected}`, async () => {
    const errors = (await diagnosticsOf(name, limits)).filter(({ severity }) => severity === "error");
    assert.deepEqual(
      errors.map(({ code, source, message }) => `${code} ${source.line}:${source.column} ${message}`),
      [expected],
    );
  });
}

/** As `fails`, of a file that is stopped by a time limit. In the sentence it is 500 ms, however long the machine needs. */
function runsOut(name: string, expected: string): void {
  test(`${name.replaceAll("-", " ").replace(".ts", "")}: ${expected}`, async () => {
    const told = await withTimeFor(
      async (wallClockMs) =>
        (await diagnosticsOf(name, { wallClockMs })).map(
          ({ code, source, message }) =>
            `${code} ${source.line}:${source.column} ${message.replace(formatDuration(wallClockMs), "500 ms")}`,
        ),
      ([first]) => first === expected,
    );
    assert.deepEqual(told, [expected]);
  });
}

const small = { memoryBytes: 600 * 2 ** 20 };

runsOut(
  "endless-loop.ts",
  "time-limit 3:3 f was stopped because it did not finish within 500 ms: look for an endless loop here, or raise the time limit.",
);
runsOut(
  "endless-microtasks.ts",
  "time-limit 2:17 f was stopped because it did not finish within 500 ms: look for an endless loop here, or raise the time limit.",
);
runsOut(
  "never-settles.ts",
  "time-limit 1:8 f was stopped because after 500 ms it still waited, without computing anything: look for a promise that nothing settles here, or raise the time limit.",
);
runsOut(
  "loops-while-loading.ts",
  "time-limit 1:1 The file was stopped because it did not finish within 500 ms: look for an endless loop here, or raise the time limit.",
);
fails(
  "ten-gigabytes.ts",
  "memory-limit 4:3 f was stopped because it took more than 629 MB of memory: make its arrays smaller, or raise the memory limit.",
  small,
);
fails(
  "ten-gigabytes-of-objects.ts",
  "memory-limit 4:3 f was stopped because it took more than 629 MB of memory: make its arrays smaller, or raise the memory limit.",
  small,
);
fails(
  "endless-tape.ts",
  "tape-limit 4:9 Tracing f was stopped because its tape outgrew 64 MiB: do fewer operations or raise the limit.",
  { tapeBytes: 64 * 2 ** 20 },
);
fails(
  "deep-recursion.ts",
  "stack-overflow 6:14 f calls itself, directly or in a circle, deeper than the stack goes: end the recursion sooner or write it as a loop.",
);
fails(
  "exits.ts",
  "process-exited 3:22 f ended its own process (process.exit()), so there is nothing to differentiate: return a number instead.",
);
fails(
  "aborts.ts",
  "process-exited 2:11 f ended its own process (process.abort()), so there is nothing to differentiate: return a number instead.",
);
fails(
  "kills-itself.ts",
  "process-exited 1:17 f ended its own process (signal SIGKILL), so there is nothing to differentiate: return a number instead.",
);
fails("throws-text.ts", 'model-error 3:14 f threw the text "no more".');
fails(
  "changed-in-place.ts",
  "changed-in-place 5:3 Element 0 of the data of this tensor of shape [2] cannot change from 1 to 10, because mul on line 4 has used it and the backward pass counts on its values: make a new tensor instead, with scatterSet or where for example.",
);
fails(
  "filled-in-place.ts",
  "changed-in-place 5:10 The data of this tensor of shape [2] cannot be changed in place, because it is what exp on line 4 gave and the backward pass counts on its values: make a new tensor instead, with scatterSet or where for example.",
);
fails(
  "changed-through-view.ts",
  "changed-in-place 5:3 Element 1 of the data of this tensor of shape [2] cannot change from 7.38905609893065 to 10, because it is what exp on line 4 gave and the backward pass counts on its values: make a new tensor instead, with scatterSet or where for example.",
);
fails(
  "changed-bytes.ts",
  "changed-in-place 5:3 The data of this tensor of shape [2] cannot be changed in place, because it is what exp on line 4 gave and the backward pass counts on its values: make a new tensor instead, with scatterSet or where for example.",
);
fails(
  "tensor-as-index.ts",
  "model-error 5:10 f threw TypeError: a tensor of shape [2] is no index of an array: make the array a tensor and take the elements with gather, or index with a number.",
);
fails(
  "element-of-tensor.ts",
  "model-error 4:10 f threw TypeError: a tensor of shape [2] has no elements to read by [0]: use x.at(0), or slice(x, [0]).",
);
fails(
  "length-of-tensor.ts",
  "model-error 5:50 f threw TypeError: a tensor of shape [2] has no length: its extents are in x.shape, the first of them x.shape[0].",
);
fails("throws-object.ts", "model-error 2:14 f threw { code: 7, at: 1 }, which is no Error.");
fails(
  "no-number.ts",
  "no-differentiable-function 1:17 power cannot be differentiated, because none of its parameters is a number: export a function that takes numbers and returns one, such as `export function f(x = 1) { return x * x; }`.",
);
fails("throws-error.ts", "model-error 6:20 f threw RangeError: x must be negative.");
fails("throws-later.ts", "model-error 2:23 f threw Error: nobody waits for me.");
fails("throws-in-callback.ts", "model-error 4:13 f threw Error: in a callback.");
fails("returns-text.ts", "not-a-number-result 1:17 f returned text; a differentiable function returns one number.");
fails(
  "returns-nothing.ts",
  "not-a-number-result 1:17 f returned nothing; a differentiable function returns one number.",
);
fails(
  "returns-tensor.ts",
  "not-a-number-result 3:17 f returned a tensor of shape [3]; reduce it to a number, with sum or mean for example.",
);
fails(
  "no-default.ts",
  "parameter-without-default 1:19 The parameter x of f has no default: give it one, such as `x = 1`, as the point to trace f at.",
);
fails(
  "no-function.ts",
  "no-differentiable-function 1:1 There is nothing to differentiate here: export a function whose parameters all have defaults, such as `export function f(x = 1) { return x * x; }`.",
);
fails("wrong-shapes.ts", "shape-mismatch 5:14 matmul of [2, 5] and [3, 4]: the inner dimensions 5 and 3 differ.");
fails(
  "wrong-kernel.ts",
  "shape-mismatch 6:14 conv of [2, 3, 8, 8] with kernel [4, 1, 3, 3]: 2 groups do not divide 3 channels.",
);
fails(
  "singular.ts",
  "unsolvable 8:14 solve of [2, 2] and [2, 1]: the matrix is singular: pivot 1 of its LU factorization is 0; lstsq finds the best answer there is.",
);
fails(
  "equal-eigenvalues.ts",
  "not-differentiable 9:28 eigh: eigenvalues 0 and 1 of the matrix are equal (3), and there its eigenvectors have no derivative; use the eigenvalues alone, or a matrix whose eigenvalues differ.",
);
fails(
  "returns-complex.ts",
  "not-a-number-result 3:17 f returned a complex number of shape scalar; take its real part or its absolute value, with real or abs.",
);

test("an import that does not exist is reported where it stands", async () => {
  const [local] = await diagnosticsOf("missing-import.ts");
  assert.equal(local?.code, "import-not-found");
  assert.deepEqual([local.source.line, local.source.column], [1, 24]);
  const [installed] = await diagnosticsOf("missing-package.ts");
  assert.equal(installed?.code, "import-not-found");
  assert.match(installed.message, /no-such-package-anywhere/);
});

test("a syntax error is reported where it stands", async () => {
  const [diagnostic] = await diagnosticsOf("syntax-error.ts");
  assert.equal(diagnostic?.code, "syntax-error");
  assert.deepEqual([diagnostic.source.line, diagnostic.source.column], [2, 14]);
});

test("an error thrown while the file loads is reported where it was thrown", async () => {
  const [diagnostic] = await diagnosticsOf("throws-while-loading.ts");
  assert.equal(diagnostic?.code, "model-error");
  assert.equal(diagnostic.source.line, 5);
  assert.match(diagnostic.message, /not today/);
});

test("a result that does not depend on the parameters is a value with a warning", async () => {
  const { summary } = await engine.trace({ file: fixture("bad/constant.ts") });
  const [traced] = summary.functions;
  assert.equal(traced?.value, 42);
  assert.deepEqual(traced.gradient, { x: 0 });
  assert.deepEqual(
    traced.diagnostics.map(({ code, severity, message }) => ({ code, severity, message })),
    [
      {
        code: "constant-result",
        severity: "warning",
        message: "The value of f does not depend on its parameters, so every derivative is 0.",
      },
    ],
  );
});

test("parameters that do not fit are refused by name", async () => {
  const file = fixture("formula.ts");
  const unknown = await engine.trace({ file, at: { z: 1 } });
  assert.deepEqual(
    unknown.summary.functions.flatMap(({ diagnostics }) => diagnostics.map(({ code, message }) => [code, message])),
    [["parameter-mismatch", "f has no parameter z: it has x, y."]],
  );
});

/** What is told of functions whose value is NaN because an operand is no number. */
const noNumbers: Readonly<Record<string, string>> = {
  array:
    'operand-is-no-number 2:10 `xs` is an array of 2 elements, of which JavaScript makes NaN: take one element by its index, or compute with all of them at once as tensor(…) from "adjoint".',
  literal:
    'operand-is-no-number 6:16 The right side is an array of 3 elements, of which JavaScript makes NaN: take one element by its index, or compute with all of them at once as tensor(…) from "adjoint".',
  unspread:
    'operand-is-no-number 11:10 `xs` is a Float64Array of 2 elements, of which JavaScript makes NaN: write `...` before it, take one element by its index, or compute with all of them at once as tensor(…) from "adjoint".',
  beyond:
    "operand-is-no-number 15:10 `xs[2]` is undefined, of which JavaScript makes NaN: an index beyond the end, a misspelt member or a function without `return` gives that.",
};

test("where the result is NaN, the operand that is no number is named, and nothing else is told of it", async () => {
  const { summary } = await engine.trace({ file: fixture("bad/no-number-operands.ts") });
  for (const [name, expected] of Object.entries(noNumbers)) {
    const { diagnostics } = summary.functions.find((traced) => traced.function === name)!;
    assert.deepEqual(
      diagnostics
        .filter(({ severity }) => severity !== "information")
        .map(({ code, source, message }) => `${code} ${source.line}:${source.column} ${message}`),
      [expected],
    );
  }
});

test("what became NaN on the way and is not used is nobody's concern", async () => {
  const { summary } = await engine.trace({ file: fixture("bad/no-number-operands.ts") });
  assert.deepEqual(summary.functions.find((traced) => traced.function === "unused")!.diagnostics, []);
});
