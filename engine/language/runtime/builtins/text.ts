import { primal } from "../primals.ts";
import { replaceMethods, takingPrimals, type Callable } from "./replace.ts";
import { apply } from "../intrinsics.ts";

/** Functions that ask for positions, counts, times and numbers to print: the primal is all they need. */
export function installText(): void {
  replaceMethods(String.prototype, (native) =>
    takingPrimals(native, [
      "at",
      "charAt",
      "charCodeAt",
      "codePointAt",
      "endsWith",
      "includes",
      "indexOf",
      "lastIndexOf",
      "padEnd",
      "padStart",
      "repeat",
      "slice",
      "split",
      "startsWith",
      "substr",
      "substring",
    ]),
  );
  replaceMethods(String, (native) => takingPrimals(native, ["fromCharCode", "fromCodePoint"]));
  replaceMethods(Date, (native) => takingPrimals(native, ["UTC"]));
  replaceMethods(Date.prototype, (native) =>
    takingPrimals(
      native,
      Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set")),
    ),
  );
  replaceMethods(globalThis, (native) => ({
    ...withPrimalDelay(native, "setTimeout"),
    ...withPrimalDelay(native, "setInterval"),
  }));
  installIntl();
}

function withPrimalDelay(native: (name: PropertyKey) => Callable, name: string): object {
  const method = native(name);
  const replacement = {
    [name](...values: unknown[]) {
      if (values.length > 1) values[1] = primal(values[1]);
      return apply(method, undefined, values);
    },
  };
  // util.promisify finds what it needs at the function.
  for (const key of Object.getOwnPropertySymbols(method))
    Object.defineProperty(replacement[name] as object, key, Object.getOwnPropertyDescriptor(method, key)!);
  return replacement;
}

function installIntl(): void {
  for (const formatter of [Intl.NumberFormat, Intl.DateTimeFormat, Intl.PluralRules, Intl.RelativeTimeFormat]) {
    const prototype = formatter.prototype as object;
    const names = ["formatToParts", "formatRange", "formatRangeToParts", "select", "selectRange"];
    const own = [...names, prototype === Intl.RelativeTimeFormat.prototype ? "format" : ""];
    replaceMethods(prototype, (native) =>
      takingPrimals(
        native,
        own.filter((name) => Object.hasOwn(prototype, name)),
      ),
    );
    const format = Object.getOwnPropertyDescriptor(prototype, "format");
    if (format?.get === undefined) continue;
    const bound = new WeakMap<object, Callable>();
    Object.defineProperty(prototype, "format", {
      ...format,
      // As natively, the same bound function each time.
      get(this: object): unknown {
        const native = format.get!.call(this) as Callable;
        if (!bound.has(this)) bound.set(this, (value: unknown) => native(primal(value)));
        return bound.get(this);
      },
    });
  }
}
