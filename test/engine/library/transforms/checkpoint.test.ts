import assert from "node:assert/strict";
import { describe, test } from "node:test";
import vm from "node:vm";
import v8 from "node:v8";
import { reverse } from "../../../../engine/differentiate/reverse.ts";
import {
  add,
  checkpoint,
  checkpointName,
  grad,
  hessian,
  jvp,
  matmul,
  mul,
  random,
  sin,
  sum,
  tanh,
  type CheckpointPolicy,
  type Value,
} from "../../../../engine/library/index.ts";
import { recordOn } from "../../../../engine/tape/recording.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import type { TracedNumber } from "../../../../engine/tape/tensor.ts";
import { close, refuses } from "./compare.ts";

const turns = 8;
const rows = 64;
const width = 32;
const start = random(2).normal([rows, width]);
const weights = random(1).normal([width, width], { scale: 0.2 });

interface Chain {
  readonly tape: Tape;
  readonly value: number;
  readonly gradient: Float64Array;
  /** How often the layers were run, forward and backward. */
  readonly calls: { forward: number; backward: number };
}

/** Eight layers of two operations each, with noise from a generator, under a policy. */
function chain(policy: CheckpointPolicy): Chain {
  const tape = new Tape();
  const noise = random(3);
  const w = tape.addInput(weights, "w", 0);
  let calls = 0;
  const layer = (h: Value): Value => {
    calls++;
    return add(
      checkpointName(tanh(matmul(h, w as unknown as Value)), "hidden"),
      noise.normal([width], { scale: 0.01 }),
    );
  };
  const loss = recordOn(tape, () => {
    const net =
      policy === "sqrt"
        ? checkpoint<Value>(new Array(turns).fill(layer), { policy })
        : (x: Value) => Array.from({ length: turns }).reduce<Value>((h) => checkpoint(layer, { policy })(h), x);
    const h = net(start);
    return sum(mul(h, h)) as unknown as TracedNumber;
  });
  const forward = calls;
  const gradient = reverse(tape, loss.node).tensor(w.node)!.data;
  return { tape, value: loss.primal, gradient, calls: { forward, backward: calls - forward } };
}

describe("checkpoint", () => {
  const whole = chain("everything");
  const hidden = rows * width * 8;

  for (const policy of ["nothing", "sqrt", { names: ["hidden"] }, { bytes: 2 * hidden }] as const)
    test(`gives the same value and gradient under ${JSON.stringify(policy)}, with one more forward pass at most`, () => {
      const { value, gradient, calls } = chain(policy);
      assert.equal(value, whole.value);
      gradient.forEach((x, k) => close(x, whole.gradient[k]!, 1e-12));
      assert.deepEqual(calls, { forward: turns, backward: turns });
    });

  test("keeps only what the policy says: bytes on the tape", () => {
    const bytes = (policy: CheckpointPolicy): number => chain(policy).tape.bytes;
    const tensors = (policy: CheckpointPolicy): number => Math.round((bytes(policy) - bytes("nothing")) / hidden);
    // Of each layer matmul, tanh and the sum, instead of the sum alone; and what the first one starts from.
    assert.equal(tensors("everything"), 2 * turns + 1);
    // Three segments instead of eight layers.
    assert.equal(tensors("sqrt"), 3 - turns);
    assert.equal(tensors({ names: ["hidden"] }), turns);
    assert.equal(tensors({ names: ["another"] }), 0);
    assert.equal(tensors({ bytes: 2.2 * hidden }), 2 * turns);
  });

  test("lets the memory go", async () => {
    v8.setFlagsFromString("--expose-gc");
    const collect = vm.runInNewContext("gc") as () => void;
    const alive = async (policy: CheckpointPolicy): Promise<number> => {
      const inside: WeakRef<object>[] = [];
      const tape = new Tape();
      const w = tape.addInput(weights, "w", 0) as unknown as Value;
      const deep = checkpoint(
        (x: Value) => {
          const h = matmul(x, w);
          inside.push(new WeakRef(h as unknown as object));
          return sum(tanh(h));
        },
        { policy },
      );
      const value = recordOn(tape, () => deep(start) as unknown as TracedNumber);
      // What a turn of the event loop has held in a WeakRef is held until its end.
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      assert.ok(tape.holds(value));
      return inside.filter((reference) => reference.deref() !== undefined).length;
    };
    assert.deepEqual([await alive("everything"), await alive("nothing")], [1, 0]);
  });

  test("takes what a function closes over for its input, at any depth", () => {
    const plain = (x: number): number => mul(mul(sin(mul(mul(x, 2), x)), mul(x, 2)), x);
    const inner = (x: number): number =>
      checkpoint((y: number) => mul(checkpoint((z: number) => mul(sin(mul(z, x)), z))(y), x))(mul(x, 2));
    for (const derivative of [grad, (f: typeof plain) => grad(grad(f)), (f: typeof plain) => grad(grad(grad(f)))])
      close(derivative(inner)(0.7), derivative(plain)(0.7));
    close(jvp(inner, [0.7], [1]), jvp(plain, [0.7], [1]));
    close(hessian(inner)(0.7), hessian(plain)(0.7));
  });

  test("works over trees in and out", () => {
    const f = checkpoint((p: { a: number; b: readonly number[] }) => ({ s: mul(p.a, p.b[0]!), t: [p.b[1]!, 7] }));
    const g = (p: { a: number; b: number[] }): number => {
      const { s, t } = f(p);
      return add(mul(s, s), mul(t[0]!, t[1]!));
    };
    close(grad(g)({ a: 2, b: [3, 5] }), { a: 36, b: [24, 7] });
  });

  test("refuses a function that gives another value when it runs again", () => {
    let count = 0;
    refuses(
      () => grad((x: number) => checkpoint((y: number) => mul(y, ++count))(x))(2),
      "checkpoint: run again for the backward pass, the function gives another value than the first time; it must depend on nothing that changes in between, such as arrays that are changed later or a counter.",
    );
  });

  test("refuses policies that there are not", () => {
    refuses(
      () => checkpoint((x: number) => x, { policy: "some" as never }),
      'checkpoint: the policy is "nothing", "everything", "sqrt", { names: […] } or { bytes: n }, not "some".',
    );
    refuses(
      () => checkpoint((x: number) => x, { policy: "sqrt" }),
      'checkpoint: the policy "sqrt" needs several functions in an array, to keep √n of the values between them; scan and foriLoop take it for their turns.',
    );
  });
});
