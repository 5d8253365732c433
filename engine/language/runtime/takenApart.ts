import { recording } from "../../tape/recording.ts";
import { parts } from "./members.ts";
import { isObject } from "./primals.ts";
import type { Runtime, Taking } from "./runtime.ts";
import { hasShadows } from "./typedArrays.ts";
import { OwnMap, apply, getOwnPropertyDescriptor, getProperty, iterator, nativeProxy, ownKeys } from "./intrinsics.ts";

const { defineProperty } = Reflect;
const toObject = Object;
const { parse } = JSON;

type Members = Extract<Taking, { readonly members: unknown }>;

/**
 * Values that patterns take apart by the language itself, which would give the elements of typed arrays untraced: where
 * a pattern has others in it, what it takes out is handed over one by one in the order that the language asks for it, with
 * every key read, every iterator advanced and closed exactly as without.
 */
export function takingApart(): Pick<Runtime, "taken" | "each" | "nothing" | "itself"> {
  const nothing = Symbol("nothing");
  const itself = Symbol("itself");
  const known = new OwnMap<string, Taking>();
  const takingOf = (text: string): Taking => {
    let taking = known.get(text);
    if (taking === undefined) known.set(text, (taking = parse(text) as Taking));
    return taking;
  };
  const isNeeded = (): boolean => recording.on || hasShadows();
  return {
    taken: (value, taking) => (isNeeded() ? taken(value, takingOf(taking)) : value),
    each: (iterable, taking) => {
      if (!isNeeded()) return iterable;
      const turn = takingOf(taking);
      return items(iterable, () => turn);
    },
    nothing,
    itself() {
      // Only where a program needs it does the prototype get another member.
      if (!(itself in Array.prototype))
        defineProperty(Array.prototype, itself, {
          get(this: unknown) {
            return this;
          },
        });
      return itself;
    },
  };
}

function taken(value: unknown, taking: Taking | undefined): unknown {
  // The language refuses those in its own words.
  if (!taking || value === undefined || value === null) return value;
  if (taking === 1) return parts(value);
  if ("items" in taking) return items(value, (turn) => taking.items[turn]);
  return members(taking.elements === 1 ? parts(value) : value, taking);
}

/** Hands over the members of an object: the n-th that is asked for is the pattern's n-th. */
function members(value: unknown, { members }: Members): object {
  const object = toObject(value) as object;
  let turn = 0;
  return new nativeProxy(
    { __proto__: null },
    {
      get: (_, key) => taken(getProperty(object, key, value), members[turn++]),
      ownKeys: () => ownKeys(object),
      getOwnPropertyDescriptor(_, key) {
        const found = getOwnPropertyDescriptor(object, key);
        return found && { __proto__: null, value: 0, enumerable: found.enumerable === true, configurable: true };
      },
    },
  );
}

type Step = (this: unknown, ...values: unknown[]) => unknown;

/** Hands over the items of an iterable. */
function items(value: unknown, takingOf: (turn: number) => Taking | undefined): unknown {
  if (value === undefined || value === null) return value;
  return {
    __proto__: null,
    [iterator](): object {
      const method: unknown = getProperty(toObject(value) as object, iterator, value);
      if (typeof method !== "function") throw new TypeError(`${typeof value} is not iterable`);
      const source: unknown = apply(method as Step, value, []);
      if (!isObject(source)) throw new TypeError("Result of the Symbol.iterator method is not an object");
      const next = (source as { next?: unknown }).next;
      let turn = 0;
      return {
        __proto__: null,
        next(): object {
          const taking = takingOf(turn++);
          const step: unknown = apply(next as Step, source, []);
          if (!isObject(step)) throw new TypeError(`Iterator result ${String(step)} is not an object`);
          return {
            __proto__: null,
            get done() {
              return (step as IteratorResult<unknown>).done;
            },
            get value(): unknown {
              return taken((step as IteratorResult<unknown>).value, taking);
            },
          };
        },
        get return(): unknown {
          const close: unknown = (source as { return?: unknown }).return;
          return typeof close === "function" ? (): unknown => apply(close as Step, source, []) : close;
        },
      };
    },
  };
}
