import { __decorate, __esDecorate, __param, __runInitializers } from "tslib";
import { apply, getOwnPropertyDescriptor, getProperty } from "./intrinsics.ts";

type Kind = "method" | "getter" | "setter" | "accessor" | "field";
type Class = (abstract new (...values: unknown[]) => object) & { prototype: object };
type Functions = ((...values: unknown[]) => unknown)[];

/** How the functions that a decorator is given as `access` reach a private name. */
export type Access = Readonly<Partial<Record<"has" | "get" | "set", (object: object, value?: unknown) => unknown>>>;

type PrivateFunctions = Readonly<Record<"value" | "get" | "set", unknown>>;

/** What a class member was written with. */
interface DecoratedElement {
  readonly kind: Kind;
  readonly isStatic: boolean;
  readonly decorators: readonly unknown[];
  readonly name: PropertyKey;
  /** Of a private name. */
  readonly access: Access | undefined;
  /** Of a private method or accessor: an object that has it under its name. */
  readonly home: object | undefined;
  readonly functions: PrivateFunctions | undefined;
  /** A key that the class has only while it is made. */
  readonly placeholder: symbol | undefined;
  /** What makes initial values, and what was added to be done after that. */
  readonly initializers: Functions;
  readonly added: Functions;
}

/** Which members are decorated first. */
const order: readonly ((element: DecoratedElement) => boolean)[] = [
  ({ kind, isStatic }) => kind !== "field" && isStatic,
  ({ kind, isStatic }) => kind !== "field" && !isStatic,
  ({ kind, isStatic }) => kind === "field" && isStatic,
  ({ kind, isStatic }) => kind === "field" && !isStatic,
];

/**
 * The decorators of one class (the proposal at stage 3, tc39/proposal-decorators), while it is made and of its instances:
 * what the rewritten class calls, in terms of the functions that TypeScript's own output calls.
 */
export class Decoration {
  readonly #decorators: readonly unknown[];
  readonly #elements: DecoratedElement[] = [];
  readonly #ofInstances: Functions = [];
  readonly #ofClass: Functions = [];
  #class: Class | undefined;
  /** The class as it was written. */
  made: Class | undefined;

  /** @param decorators Of the class itself, evaluated. */
  constructor(decorators: readonly unknown[]) {
    this.#decorators = decorators;
  }

  /** Notes a member, by its place among the decorated ones. Gives the key to define it by. */
  element(
    place: number,
    kind: Kind,
    isStatic: boolean,
    decorators: readonly unknown[],
    key: unknown,
    access?: Access,
    home?: object,
  ): PropertyKey {
    const name = propertyName(key);
    const placeholder = access === undefined ? undefined : Symbol();
    const functions = home && (getOwnPropertyDescriptor(home, name) as PrivateFunctions);
    const lists = { initializers: [], added: [] };
    this.#elements[place] = { kind, isStatic, decorators, name, access, home, functions, placeholder, ...lists };
    return placeholder ?? name;
  }

  name(place: number): PropertyKey {
    return this.#elements[place]!.name;
  }

  /** Once all members are defined, before the first static field has a value. Gives the class to go by from then on. */
  apply(made: Class): Class {
    this.made = made;
    const metadata = metadataFor(made);
    for (const element of this.#elements) if (element.placeholder) Reflect.deleteProperty(made, element.placeholder);
    const ofStatics: Functions = [];
    for (const group of order)
      for (const element of this.#elements.filter(group)) {
        const { initializers, added } = element;
        const hasValue = element.kind === "field" || element.kind === "accessor";
        const later = hasValue ? added : element.isStatic ? ofStatics : this.#ofInstances;
        if (element.home) Object.setPrototypeOf(element.home, superOf(made, element.isStatic));
        const target = element.kind === "field" ? null : made;
        const context = contextOf(element, metadata);
        __esDecorate(target, element.functions ?? null, element.decorators as never, context, initializers, later);
      }
    const described = { value: made };
    const context = { kind: "class", name: made.name, metadata };
    if (this.#decorators.length > 0)
      __esDecorate(null, described, this.#decorators as never, context, null, this.#ofClass);
    this.#class = described.value;
    if (metadata !== undefined) {
      const attributes = { enumerable: true, configurable: true, writable: true };
      Object.defineProperty(this.#class, metadataSymbol()!, { ...attributes, value: metadata });
    }
    __runInitializers(this.#class, ofStatics);
    return this.#class;
  }

  /** Once the class is complete. */
  finish(made: Class): Class {
    const decorated = this.#class ?? made;
    __runInitializers(decorated, this.#ofClass);
    return decorated;
  }

  /** Before an instance has its fields. */
  begin(self: unknown): void {
    __runInitializers(self, this.#ofInstances);
  }

  /** The initial value of a field or accessor. */
  value(place: number, self: unknown, value: unknown): unknown {
    return __runInitializers(self, this.#elements[place]!.initializers, value);
  }

  /** Once a field or accessor has its value. */
  after(place: number, self: unknown): void {
    __runInitializers(self, this.#elements[place]!.added);
  }

  // ---- what private names stand for
  method(place: number): unknown {
    return this.#elements[place]!.functions!.value;
  }

  get(place: number, self: unknown): unknown {
    return apply(this.#elements[place]!.functions!.get as never, self, []);
  }

  set(place: number, self: unknown, value: unknown): void {
    apply(this.#elements[place]!.functions!.set as never, self, [value]);
  }
}

interface ExperimentalElement {
  readonly isField: boolean;
  readonly isStatic: boolean;
  readonly decorators: () => readonly unknown[];
  readonly name: PropertyKey;
  readonly placeholder: symbol | undefined;
}

/** The decorators of one class as TypeScript runs them under `experimentalDecorators`: once the class is complete. */
export class ExperimentalDecoration {
  readonly #elements: ExperimentalElement[] = [];

  element(
    place: number,
    isField: boolean,
    isStatic: boolean,
    decorators: () => readonly unknown[],
    key: unknown,
    isAssigned: boolean,
  ): PropertyKey {
    const name = propertyName(key);
    const placeholder = isAssigned ? Symbol() : undefined;
    this.#elements[place] = { isField, isStatic, decorators, name, placeholder };
    return placeholder ?? name;
  }

  name(place: number): PropertyKey {
    return this.#elements[place]!.name;
  }

  /** A parameter's decorator, as one of the function that it belongs to. */
  parameter(index: number, decorator: unknown): unknown {
    return __param(index, decorator as never);
  }

  begin(made: Class): void {
    for (const { placeholder } of this.#elements) if (placeholder) Reflect.deleteProperty(made, placeholder);
  }

  apply(made: Class): void {
    for (const statics of [false, true])
      for (const { isField, isStatic, decorators, name } of this.#elements)
        if (isStatic === statics)
          __decorate(
            decorators() as never,
            isStatic ? made : made.prototype,
            name as string,
            isField ? undefined : null,
          );
  }

  class(made: Class, decorators: readonly unknown[]): Class {
    return __decorate(decorators as never, made) as Class;
  }
}

function propertyName(key: unknown): PropertyKey {
  return typeof key === "symbol" ? key : `${key as number}`;
}

function superOf(made: Class, isStatic: boolean): object | null {
  return Object.getPrototypeOf(isStatic ? made : made.prototype) as object | null;
}

/** Not every engine has it yet; programs may bring their own. */
const metadataSymbol = (): symbol | undefined => (Symbol as { metadata?: symbol }).metadata;

function metadataFor(made: Class): object | undefined {
  const key = metadataSymbol();
  if (key === undefined) return undefined;
  const inherited = getProperty(Object.getPrototypeOf(made) as object, key) as object | undefined;
  return Object.create(inherited ?? null) as object;
}

function contextOf(element: DecoratedElement, metadata: object | undefined): never {
  const { kind, name, isStatic, access } = element;
  const own: Access = {
    has: (object) => name in object,
    ...(kind === "setter" ? {} : { get: (object) => (object as never)[name] }),
    ...(kind === "method" || kind === "getter"
      ? {}
      : {
          set(object, value) {
            (object as Record<PropertyKey, unknown>)[name] = value;
          },
        }),
  };
  const isPrivate = access !== undefined;
  return { kind, name, static: isStatic, private: isPrivate, access: access ?? own, metadata } as never;
}
