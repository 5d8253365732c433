import { primal } from "../primals.ts";
import { OwnWeakMap, apply } from "../intrinsics.ts";

export type Callable = (this: unknown, ...values: unknown[]) => unknown;

/** The primals of a list of arguments, put in their own places: no array is made of which a program could see the making. */
export function primals(values: unknown[], from = 0): unknown[] {
  for (let k = from; k < values.length; k++) values[k] = primal(values[k]);
  return values;
}

/** Functions of ours and the native ones whose place they took. */
const replaced = new OwnWeakMap<object, object>();

/**
 * Puts functions in the place of native ones: same attributes, `name`, `length` and text. They should be concise
 * methods, so that, as their native namesakes, they are no constructors and have no prototype. Where the owner has no
 * such function, none is added; where it has the same function under several names, it keeps one.
 */
export function replaceMethods(owner: object, make: (native: (name: PropertyKey) => Callable) => object): void {
  const natives = new Map<PropertyKey, unknown>();
  const nativeAt = (name: PropertyKey): unknown => {
    // Kept, for whoever asks once the replacement stands there.
    if (!natives.has(name)) natives.set(name, ownValue(owner, name));
    return natives.get(name);
  };
  const replacements = make((name) => nativeAt(name) as Callable);
  // Looking through the global object would load everything that Node keeps there for later.
  const others = owner === globalThis ? [] : Reflect.ownKeys(owner);
  const places = Reflect.ownKeys(replacements).map((name) => {
    const native = nativeAt(name);
    const aliases = others.filter((other) => native !== undefined && ownValue(owner, other) === native);
    return { name, native, aliases: owner === globalThis ? [name] : aliases };
  });
  for (const { name, native, aliases } of places) {
    if (typeof native !== "function") continue;
    const replacement = Reflect.get(replacements, name) as object;
    dressAs(native as Callable, replacement);
    for (const alias of aliases) {
      Object.defineProperty(owner, alias, { ...Object.getOwnPropertyDescriptor(owner, alias), value: replacement });
    }
  }
}

function ownValue(owner: object, name: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(owner, name)?.value;
}

/** Gives a function the name, the length and the text of a native one. */
export function dressAs(native: Callable, replacement: object): void {
  Object.defineProperty(replacement, "name", { value: native.name, configurable: true });
  Object.defineProperty(replacement, "length", { value: native.length, configurable: true });
  replaced.set(replacement, native);
}

/** The native function that `replacement` took the place of. */
export function nativeOf(replacement: object): object | undefined {
  return replaced.get(replacement);
}

export type Constructor = Callable & (new (...values: unknown[]) => object) & { prototype: object };

/**
 * Puts a constructor in the place of a global one, with the same prototype, static members and parent. `make` gives
 * what it does when called and when constructed; `target` is what the native constructor is to take for `new.target`.
 */
export function replaceConstructor(
  name: string,
  make: (native: Constructor) => {
    call(values: unknown[]): unknown;
    construct(values: unknown[], target: Constructor): object;
  },
): void {
  const native = Reflect.get(globalThis, name) as Constructor;
  const made = make(native);
  const replacement = function (...values: unknown[]): unknown {
    if ((new.target as unknown) === undefined) return made.call(values);
    return made.construct(values, new.target === replacement ? native : (new.target as unknown as Constructor));
  } as Constructor;
  dressAs(native, replacement);
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(native));
  Object.setPrototypeOf(replacement, Object.getPrototypeOf(native) as object);
  Object.defineProperty(native.prototype, "constructor", { value: replacement });
  Object.defineProperty(globalThis, name, { ...Object.getOwnPropertyDescriptor(globalThis, name), value: replacement });
}

/** The named methods, applied to primals: for those that ask for lengths, positions and digits only. */
export function takingPrimals(native: (name: PropertyKey) => Callable, names: readonly string[]): object {
  const methods = names.map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, ...values: unknown[]): unknown {
        return apply(method, primal(this), primals(values));
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries(methods);
}
