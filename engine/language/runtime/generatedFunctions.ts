import { recording } from "../../tape/recording.ts";
import { SiteTable, type Site } from "../../tape/site.ts";
import { instrument } from "../instrument/instrument.ts";
import { dressAs, replaceConstructor } from "./builtins/replace.ts";

/** Sites of text that stands in no file: all of them are the place that asked for the function. */
class SitesOfOnePlace extends SiteTable {
  readonly #table: SiteTable;
  readonly #place: Site;

  constructor(table: SiteTable, place: number) {
    super();
    this.#table = table;
    this.#place = table.get(place);
  }

  override get length(): number {
    return this.#table.length;
  }

  override add({ kind }: Site): number {
    return this.#table.add({ ...this.#place, kind });
  }

  override get(index: number): Site {
    return this.#table.get(index);
  }
}

// Indirect: the text sees the global scope only, as that of a function made by Function does.
const evaluate = (text: string): unknown => (0, eval)(text);

/** Functions that programs make from text by `Function(…)` are instrumented as if they stood in a file. */
export function installGeneratedFunctions(sites: SiteTable): void {
  replaceConstructor("Function", (native) => {
    const make = (values: unknown[]): object => {
      const plain = native(...values) as () => unknown;
      try {
        const text = `(${Function.prototype.toString.call(plain)})`;
        const table = new SitesOfOnePlace(sites, recording.site);
        const made = evaluate(instrument({ file: "generated.cjs", text, sites: table, format: "commonjs" }).code);
        dressAs(plain, made as object);
        return made as object;
      } catch {
        // What our parser does not take runs as it is.
        return plain;
      }
    };
    return {
      call: make,
      construct: (values, target) => (target === native ? make(values) : Reflect.construct(native, values, target)),
    };
  });
}
