import { recording } from "../../tape/recording.ts";
import { fitParameter } from "./parameterValues.ts";
import { wrapParameter, type Structure } from "./parameters.ts";
import type { Runtime } from "./runtime.ts";
import { OwnMap } from "./intrinsics.ts";

/** A parameter as a traced call received it. */
export interface TracedParameter {
  readonly name: string;
  readonly structure: Structure;
}

/**
 * The call that the engine itself is about to make. Only in it do defaults become inputs on the tape; the same function
 * called by the program, itself included, gets its defaults plain.
 */
export class TracedCalls {
  #functionId: number | undefined;
  #at: Readonly<Record<string, unknown>> = {};
  /** By index and name: the properties of a parameter that is taken apart have defaults of their own. */
  #parameters = new OwnMap<string, TracedParameter & { readonly index: number }>();

  /** Arms the next call of a function. `at` gives values, as JSON has them, in place of defaults. */
  begin(functionId: number, at: Readonly<Record<string, unknown>> = {}): void {
    this.#functionId = functionId;
    this.#at = at;
    this.#parameters = new OwnMap();
  }

  /** Ends it and tells what the parameters became, in their order. */
  end(): TracedParameter[] {
    this.#functionId = undefined;
    return [...this.#parameters.values()].sort((a, b) => a.index - b.index);
  }

  readonly parameter: Runtime["parameter"] = (functionId, index, name, site, value) => {
    const key = `${index} ${name}`;
    if (functionId !== this.#functionId || this.#parameters.has(key) || !recording.on) return value;
    const given = Object.hasOwn(this.#at, name) ? fitParameter(name, this.#at[name], value) : value;
    const wrapped = wrapParameter(given, name, site);
    this.#parameters.set(key, { name, index, structure: wrapped.structure });
    return wrapped.value;
  };
}
