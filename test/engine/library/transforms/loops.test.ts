import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reverse } from "../../../../engine/differentiate/reverse.ts";
import {
  add,
  cond,
  foriLoop,
  grad,
  mul,
  pow,
  scan,
  sin,
  sum,
  tensor,
  whileLoop,
} from "../../../../engine/library/index.ts";
import { recordOn } from "../../../../engine/tape/recording.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import type { TracedNumber } from "../../../../engine/tape/tensor.ts";
import { close, refuses } from "./compare.ts";

describe("scan", () => {
  const cumulative = (a: number, xs: readonly number[] | number): [number, unknown] =>
    scan(
      (h: number, x: number) => {
        const next = add(mul(a, h), x);
        return [next, { h: next, twice: mul(2, next) }];
      },
      0,
      xs as readonly number[],
    );

  test("hands the carry on and stacks what the turns leave, over tensors and arrays alike", () => {
    for (const xs of [tensor([1, 2, 3]), [1, 2, 3]])
      close(cumulative(2, xs), [11, { h: [1, 4, 11], twice: [2, 8, 22] }]);
  });

  test("over an object of tensors, and from the last element to the first", () => {
    const xs = {
      a: tensor([
        [1, 2],
        [3, 4],
      ]),
      b: [10, 20],
    };
    const [last, ys] = scan((h: number, { a, b }) => [add(h, mul(b, sum(a))), h], 0, xs, { reverse: true });
    close([last, ys], [170, [140, 0]]);
  });

  test("over nothing, a number of turns", () => {
    assert.deepEqual(
      scan((h: number) => [mul(2, h), undefined], 1, undefined, { length: 5 }),
      [32, undefined],
    );
  });

  test("its turns are one group of scopes, and what is stacked is one node", () => {
    const tape = new Tape();
    const a = tape.addInput(2, "a", 0) as unknown as number;
    const [, ys] = recordOn(tape, () => scan((h: number, x: number) => [add(mul(a, h), x), h], 0, [1, 2, 3]));
    const iterations = Array.from({ length: tape.scopes.length }, (_, scope) => tape.scopes.iteration(scope));
    assert.deepEqual(iterations.slice(2), [0, 1, 2]);
    assert.equal(tape.shapeOf((ys as unknown as TracedNumber).node).toString(), "3");
  });

  test("is differentiated to any order, whatever is kept of its turns", () => {
    const f =
      (checkpoint: "everything" | "nothing" | "sqrt") =>
      (a: number): number => {
        const [h, ys] = scan((c: number, x: number) => [sin(add(mul(a, c), x)), c], 1, [0.1, 0.2, 0.3, 0.4, 0.5], {
          checkpoint,
        });
        return add(h, sum(mul(ys, ys)));
      };
    const [first, second] = [grad(f("everything"))(0.7), grad(grad(f("everything")))(0.7)];
    for (const kept of ["nothing", "sqrt"] as const) {
      close(grad(f(kept))(0.7), first);
      close(grad(grad(f(kept)))(0.7), second);
    }
  });

  test("refuses a function that gives no pair, and lengths that there are not", () => {
    refuses(
      () => scan((h: number) => h as never, 0, [1]),
      "scan: the function returns [carry, y]: the next carry, and what is to be stacked.",
    );
    refuses(
      () => scan((h: number) => [h, h], 0, undefined),
      "scan: there is nothing to scan over: give a tensor or an array, or the option length.",
    );
    refuses(
      () => scan((h: number, x: number) => [h, x > 1 ? tensor([x]) : x], 0, [1, 2]),
      "scan: what turn 2 returned to be stacked is a tensor of shape [1], not a number: it must be built like that of the first turn.",
    );
  });
});

describe("foriLoop", () => {
  test("of 10⁴ turns in √N stretches keeps about 200 values and gives the same gradient", () => {
    const turns = 10_000;
    const run = (checkpoint: "everything" | "sqrt"): { length: number; gradient: number; calls: number } => {
      const tape = new Tape();
      let calls = 0;
      const a = tape.addInput(0.999, "a", 0);
      const body = (_: number, h: number): number => {
        calls++;
        return mul(a as unknown as number, h);
      };
      const h = recordOn(tape, () => foriLoop(0, turns, body, 1, { checkpoint }) as unknown as TracedNumber);
      const gradient = reverse(tape, h.node).scalar(a.node);
      return { length: tape.length, gradient, calls };
    };
    const [whole, parts] = [run("everything"), run("sqrt")];
    close(parts.gradient, turns * 0.999 ** (turns - 1), 1e-10);
    close(parts.gradient, whole.gradient, 1e-12);
    // 100 stretches on the tape, and the 100 turns of one of them while it is run again.
    assert.deepEqual([whole.length, parts.length], [turns + 1, 100 + 1]);
    // At most one more forward pass.
    assert.deepEqual([whole.calls, parts.calls], [turns, 2 * turns]);
  });
});

describe("whileLoop and cond", () => {
  test("compute and differentiate only the way taken", () => {
    assert.equal(
      grad((x: number) =>
        cond(
          true,
          (v: number) => pow(v, 3),
          () => NaN,
          x,
        ),
      )(2),
      12,
    );
    assert.equal(
      grad((x: number) =>
        cond(
          0,
          () => NaN,
          (v: number) => mul(v, 5),
          x,
        ),
      )(2),
      5,
    );
    const doubled = (x: number): number =>
      whileLoop(
        ({ k }) => k < 4,
        ({ k, v }) => ({ k: k + 1, v: mul(2, v) }),
        { k: 0, v: x },
      ).v;
    assert.equal(grad(doubled)(3), 16);
  });

  test("a condition may be a traced number", () => {
    assert.equal(
      grad((x: number) =>
        cond(
          x,
          (v: number) => mul(v, 5),
          (v: number) => v,
          x,
        ),
      )(2),
      5,
    );
    refuses(
      () =>
        cond(
          tensor([1, 0]),
          () => 1,
          () => 2,
        ),
      "a condition is a tensor of shape [2]: it must be a single number or truth value; reduce it, with all or any for example.",
    );
  });
});
