import assert from "node:assert";
import { syncBuiltinESMExports } from "node:module";
import util from "node:util";
import { TracedNumber } from "../../../tape/tensor.ts";
import { plainCopy } from "../plainCopy.ts";
import { numberOf } from "../primals.ts";
import { replaceMethods, type Callable } from "./replace.ts";
import { apply } from "../intrinsics.ts";

type Native = (name: PropertyKey) => Callable;

/** What Node prints and asserts of traced numbers is what it does of plain ones. */
export function installNode(): void {
  Object.defineProperty(TracedNumber.prototype, util.inspect.custom, {
    value(this: TracedNumber, _depth: number, options: util.InspectOptionsStylized): string {
      return util.inspect(numberOf(this), options);
    },
    configurable: true,
  });
  const printing = ["debug", "dir", "error", "info", "log", "table", "trace", "warn", "assert"];
  replaceMethods(console, (native) => ofPlainCopies(native, printing));
  replaceMethods(util, (native) => ofPlainCopies(native, ["format", "formatWithOptions", "isDeepStrictEqual"]));
  const assertions = [
    "deepEqual",
    "deepStrictEqual",
    "equal",
    "notDeepEqual",
    "notDeepStrictEqual",
    "notEqual",
    "notStrictEqual",
    "ok",
    "strictEqual",
  ];
  for (const owner of [assert, assert.strict]) replaceMethods(owner, (native) => ofPlainCopies(native, assertions));
  syncBuiltinESMExports();
}

function ofPlainCopies(native: Native, names: readonly string[]): object {
  const methods = names.map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, ...values: unknown[]) {
        for (let k = 0; k < values.length; k++) values[k] = plainCopy(values[k]);
        return apply(method, this, values);
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries(methods);
}
