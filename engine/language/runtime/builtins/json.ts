import { recording } from "../../../tape/recording.ts";
import type { Tape } from "../../../tape/tape.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { reportReadBack } from "../numberTexts.ts";
import { numberOf, primal } from "../primals.ts";
import { replaceMethods, type Callable } from "./replace.ts";
import { OwnMap, apply, is, isArray, isFiniteNumber } from "../intrinsics.ts";

/** The traced numbers of a text, by their place among its numbers. */
type Traced = ReadonlyMap<number, TracedNumber>;

/** Texts that are read back at all are read back soon: so many are remembered, and none that is longer. */
const textsKept = 32;
const longestText = 1 << 20;

/** Oldest first. */
const texts = new OwnMap<string, Traced>();

/** The traced numbers of every text that was made lately, and the tape that they stand on. */
let written: { readonly tape: Tape; readonly numbers: TracedNumber[] } | undefined;
const numbersKept = 4096;

/** While a text is made: its numbers so far, the traced among them, and the one that stands for the value at hand. */
interface Writing {
  numbers: number;
  readonly traced: Map<number, TracedNumber>;
  at: TracedNumber | undefined;
}

let writing: Writing | undefined;

/**
 * `JSON.parse` of a text that `JSON.stringify` made gives the traced numbers that went into it: so copies are made. The text
 * is the native one; a changed text is parsed as it stands.
 */
export function installJSON(): void {
  Object.defineProperty(TracedNumber.prototype, "toJSON", {
    value(this: TracedNumber) {
      if (writing !== undefined) writing.at = this;
      noteWritten(this);
      return numberOf(this);
    },
    configurable: true,
  });
  replaceMethods(JSON, (native) => {
    const [stringify, parse] = [native("stringify"), native("parse")];
    return {
      stringify(value: unknown, replacer?: unknown, space?: unknown): unknown {
        if (!recording.on || isArray(replacer)) return stringify(value, replacer, primal(space));
        const outer = writing;
        const own: Writing = (writing = { numbers: 0, traced: new OwnMap(), at: undefined });
        try {
          const text = stringify(value, counting(own, replacer), primal(space));
          if (typeof text === "string" && own.traced.size > 0) remember(text, own.traced);
          return text;
        } finally {
          writing = outer;
        }
      },
      parse(text: unknown, reviver?: unknown): unknown {
        const traced = recording.on && typeof text === "string" ? texts.get(text) : undefined;
        if (traced !== undefined) return parse(text, restoring(traced, reviver));
        return parse(
          text,
          written?.tape === recording.tape && recording.on ? watching(written.numbers, reviver) : reviver,
        );
      },
    };
  });
}

/** A replacer that notes which numbers of the text are traced. */
function counting(own: Writing, replacer: unknown) {
  return function (this: unknown, key: string, value: unknown): unknown {
    const from = own.at;
    own.at = undefined;
    let result = from !== undefined && is(from.primal, value) ? from : value;
    if (typeof replacer === "function") result = apply(replacer as Callable, this, [key, result]);
    const number = primal(result);
    if (TracedNumber.is(result) && isFiniteNumber(number)) own.traced.set(own.numbers, result);
    if (number instanceof Number || isFiniteNumber(number)) own.numbers++;
    return number;
  };
}

function remember(text: string, traced: Traced): void {
  if (text.length > longestText) return;
  texts.delete(text);
  texts.set(text, traced);
  if (texts.size > textsKept) texts.delete(texts.keys().next().value!);
}

function noteWritten(number: TracedNumber): void {
  if (!recording.on || number.tape !== recording.tape) return;
  if (written?.tape !== recording.tape) written = { tape: recording.tape, numbers: [] };
  if (written.numbers.length < numbersKept) written.numbers.push(number);
}

/** A reviver for a text that was changed, which says so where one of the numbers in it was a traced one. */
function watching(numbers: readonly TracedNumber[], reviver: unknown) {
  const primals = new Set(numbers.map((number) => number.primal));
  const { site } = recording;
  return function (this: unknown, key: string, value: unknown, ...context: readonly unknown[]): unknown {
    if (typeof value === "number" && primals.delete(value)) {
      recording.site = site;
      reportReadBack();
    }
    return typeof reviver === "function" ? apply(reviver as Callable, this, [key, value, ...context]) : value;
  };
}

/** A reviver that puts the traced numbers in their places. Members are visited in the order of the text. */
function restoring(traced: Traced, reviver: unknown) {
  let numbers = 0;
  return function (this: unknown, key: string, value: unknown, ...context: readonly unknown[]): unknown {
    let result = value;
    if (typeof value === "number") {
      const source = traced.get(numbers++);
      // −0 is written as 0.
      if (source?.tape === recording.tape && is(source.primal, value)) result = source;
    }
    return typeof reviver === "function" ? apply(reviver as Callable, this, [key, result, ...context]) : result;
  };
}
