/**
 * The language's own functions, as they were before a program could replace them: what the runtime does must not hang on
 * what the program makes of `Array.isArray` or `Map.prototype.get`.
 */
type Callable = (this: unknown, ...values: unknown[]) => unknown;

interface ReflectFunctions {
  readonly apply: (f: Callable, self: unknown, list: readonly unknown[]) => unknown;
  readonly construct: (f: Callable, list: readonly unknown[], target?: Callable) => object;
  readonly get: (object: object, key: PropertyKey, receiver?: unknown) => unknown;
  readonly set: (object: object, key: PropertyKey, value: unknown) => boolean;
  readonly ownKeys: (object: object) => (string | symbol)[];
}

interface ArrayFunctions {
  readonly isArray: (value: unknown) => value is unknown[];
  readonly from: {
    <T>(items: ArrayLike<T> | Iterable<T>): T[];
    <T, U>(items: ArrayLike<T> | Iterable<T>, map: (item: T, index: number) => U): U[];
  };
}

interface ObjectFunctions {
  readonly is: (a: unknown, b: unknown) => boolean;
  readonly getOwnPropertyDescriptor: (object: object, key: PropertyKey) => PropertyDescriptor | undefined;
}

export const { apply, construct, get: getProperty, set: setProperty, ownKeys } = Reflect as unknown as ReflectFunctions;
export const { is, getOwnPropertyDescriptor } = Object as ObjectFunctions;
export const { isArray, from: arrayFrom } = Array as unknown as ArrayFunctions;
export const { isView } = ArrayBuffer as { readonly isView: (value: unknown) => value is ArrayBufferView };
export const { isFinite: isFiniteNumber } = Number as { readonly isFinite: (value: unknown) => boolean };
export const { max, min, sign, trunc } = Math;
export const { iterator, toPrimitive: toPrimitiveSymbol } = Symbol;
export const nativeProxy = Proxy;

/** Gives the instances of a class of our own the native methods, so that the program's never come between. */
function withNativeMethods<T extends { readonly prototype: object }>(
  own: T,
  native: { readonly prototype: object },
): T {
  for (const key of ownKeys(native.prototype))
    if (key !== "constructor")
      Object.defineProperty(own.prototype, key, getOwnPropertyDescriptor(native.prototype, key)!);
  return own;
}

export const OwnMap = withNativeMethods(class<K, V> extends Map<K, V> {}, Map);
export const OwnSet = withNativeMethods(class<T> extends Set<T> {}, Set);
export const OwnWeakMap = withNativeMethods(class<K extends object, V> extends WeakMap<K, V> {}, WeakMap);
export const OwnWeakSet = withNativeMethods(class<T extends object> extends WeakSet<T> {}, WeakSet);
