import { nativeOf, replaceMethods, type Callable } from "./replace.ts";
import { mayBeTraced, readElement } from "../typedArrays.ts";
import { apply } from "../intrinsics.ts";

/**
 * `toString` gives the text that a function was written with, for replaced builtins the native text; argument lists
 * that are typed arrays keep the nodes of their elements.
 */
export function installFunctions(originalText: (generated: string) => string | undefined): void {
  replaceMethods(Function.prototype, (native) => {
    const toString = native("toString");
    const nativeApply = native("apply");
    return {
      toString(this: unknown): string {
        const replaced = typeof this === "function" ? nativeOf(this) : undefined;
        if (replaced !== undefined) return apply(toString, replaced, []) as string;
        const text = apply(toString, this, []) as string;
        return originalText(text) ?? text;
      },
      apply(this: Callable, self: unknown, list?: unknown): unknown {
        return apply(nativeApply, this, [self, tracedList(list)]);
      },
    };
  });
  replaceMethods(Reflect, (native) => {
    const nativeApply = native("apply");
    return {
      apply(callee: unknown, self: unknown, list: unknown): unknown {
        return nativeApply(callee, self, tracedList(list));
      },
    };
  });
}

function tracedList(list: unknown): unknown {
  if (!mayBeTraced(list)) return list;
  return Array.from({ length: list.length }, (_, k) => readElement(list, k));
}
