import { recording } from "../../tape/recording.ts";
import { SiteTable, type Site } from "../../tape/site.ts";
import { instrument } from "../instrument/instrument.ts";
import type { InstrumentedFile } from "../instrument/instrumentedFile.ts";
import { parseEvaluated } from "../instrument/parse.ts";
import { dressAs, replaceConstructor } from "./builtins/replace.ts";
import type { Runtime } from "./runtime.ts";
import { OwnMap } from "./intrinsics.ts";

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

/** Texts that are remembered: programs hand the same one to `eval` again and again. */
const textsKept = 1000;
/** Where a program makes ever other texts at one place, those beyond run as they are: instrumenting takes longer than most run. */
const textsOfOnePlace = 2000;

/** What programs hand to `eval` is instrumented as a file is, with the names that it has where it is evaluated. */
export class EvaluatedTexts {
  readonly #sites: SiteTable | undefined;
  readonly #known = new OwnMap<string, InstrumentedFile | undefined>();
  readonly #madeAt = new OwnMap<number, number>();
  readonly #native: unknown = globalThis.eval;

  constructor(sites: SiteTable | undefined) {
    this.#sites = sites;
  }

  readonly evaluated: Runtime["evaluated"] = (site, callee, strict, text) => {
    if (callee !== this.#native || typeof text !== "string" || this.#sites === undefined) return text;
    const key = `${site} ${strict} ${text}`;
    if (!this.#known.has(key)) {
      const made = (this.#madeAt.get(site) ?? 0) + 1;
      if (made > textsOfOnePlace) return text;
      this.#madeAt.set(site, made);
      if (this.#known.size === textsKept) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(key, instrumented(text, strict, this.#sites, site));
    }
    return this.#known.get(key)?.code ?? text;
  };

  /** The text that a function was written with, from the text that it runs with. */
  originalText(generated: string): string | undefined {
    for (const file of this.#known.values()) {
      const text = file?.originalText(generated);
      if (text !== undefined) return text;
    }
    return undefined;
  }
}

/** Undefined of what our parser does not take: it runs, or is refused, as it is. */
function instrumented(text: string, strict: boolean, table: SiteTable, place: number): InstrumentedFile | undefined {
  const file = "evaluated.cjs";
  try {
    const sites = new SitesOfOnePlace(table, place);
    const parsed = parseEvaluated(file, text, strict);
    return instrument({ file, text, sites, format: "commonjs", parsed, isRead: false, evaluated: { strict } });
  } catch {
    return undefined;
  }
}

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
