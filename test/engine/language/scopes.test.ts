import assert from "node:assert/strict";
import test from "node:test";
import { recording } from "../../../engine/tape/recording.ts";
import type { Tape } from "../../../engine/tape/tape.ts";
import { $, traced } from "./tracing.ts";

/** The sites and iterations of the scopes around each node, outermost first. */
function scopesOfNodes(tape: Tape): string[] {
  return Array.from({ length: tape.length }, (_, node) => {
    const path: string[] = [];
    for (let scope = tape.scope[node]!; scope !== 0; scope = tape.scopes.parent(scope)) {
      const iteration = tape.scopes.iteration(scope);
      path.unshift(`${tape.scopes.site(scope)}${iteration < 0 ? "" : `#${iteration}`}`);
    }
    return path.join(" ");
  });
}

test("nodes know the calls and turns of loops around them", () => {
  traced((input, tape) => {
    const x = input(2);
    const square = (v: unknown): unknown => {
      const outer = $.scope();
      $.enter(10);
      try {
        return $.mul(1, v, v);
      } finally {
        $.leave(outer);
      }
    };
    const around = $.scope();
    for (let i = 0; i < 2; i++) {
      $.iterate(around, 20, i);
      square($.add(2, x, i));
    }
    $.leave(around);
    $.neg(3, x);
    assert.deepEqual(scopesOfNodes(tape), ["", "20#0", "20#0 10", "20#1", "20#1 10", ""]);
  });
});

test("calls and turns in which nothing is recorded leave no scope behind", () => {
  traced((input, tape) => {
    const x = input(2);
    const around = $.scope();
    for (let i = 0; i < 1000; i++) {
      $.iterate(around, 20, i);
      const outer = $.scope();
      $.enter(10);
      $.add(1, i, 1);
      if (i === 500) $.neg(2, x);
      $.leave(outer);
    }
    $.leave(around);
    assert.equal(tape.scopes.length, 3);
    assert.deepEqual(scopesOfNodes(tape), ["", "20#500 10"]);
  });
});

test("a suspended function goes on in its own scope, whoever resumes it", () => {
  traced((input, tape) => {
    const x = input(2);
    function* numbers(): Generator {
      const frame = $.frame(30);
      try {
        for (let k = 0; k < 2; k++) $.resume(frame, yield $.suspend(frame, $.mul(1, x, k)));
      } finally {
        $.leaveFrame(frame);
      }
    }
    const caller = (site: number, walk: Generator): void => {
      const outer = $.scope();
      $.enter(site);
      $.neg(2, walk.next().value);
      $.leave(outer);
    };
    const walk = numbers();
    caller(40, walk);
    caller(50, walk);
    assert.equal(recording.scope, 0);
    assert.deepEqual(scopesOfNodes(tape), ["", "40 30", "40", "40 30", "50"]);
  });
});

test("variables are observed with the scope they were set in", () => {
  traced((input, tape) => {
    const x = input(2);
    const outer = $.scope();
    $.enter(10);
    assert.equal($.observe(5, x), x);
    $.observe(6, 3);
    $.observe(7, "text");
    $.leave(outer);
    const { observations } = tape;
    assert.equal(observations.length, 1);
    assert.deepEqual([observations.site(0), observations.value(0)], [5, 0]);
    assert.equal(tape.scopes.site(observations.scope(0)), 10);
  });
});

test("of arrays the first and the last state at a place are kept", () => {
  traced((input, tape) => {
    const row = [input(1), 5, 7] as unknown[];
    for (let k = 0; k < 100; k++) {
      row[1] = $.add(1, row[0], k);
      $.observe(5, row);
      $.observe(6, [1, 2, 3]);
      $.observe(7, [row, ["ragged"]]);
    }
    $.observe(8, Float64Array.of(1, 2));
    const { snapshots } = tape.observations;
    assert.deepEqual(
      snapshots.map(({ shape, nodes, primals }) => ({ shape, nodes: [...nodes], primals: [...primals] })),
      [
        { shape: [3], nodes: [0, 1, -1], primals: [1, 1, 7] },
        { shape: [3], nodes: [0, 100, -1], primals: [1, 100, 7] },
      ],
    );
  });
});

test("observing an array never runs the program's own code", () => {
  traced((input) => {
    const read: PropertyKey[] = [];
    const proxy = new Proxy([input(1)], {
      get: (target, key) => (read.push(key), Reflect.get(target, key) as unknown),
    });
    $.observe(5, proxy);
    $.observe(6, [proxy]);
    assert.deepEqual(read, []);
  });
});
