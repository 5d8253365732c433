import { recording } from "../../tape/recording.ts";
import type { TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";

/** What is written to be read back is read back soon; what is written to be shown is not. */
const textsKept = 4;

type Text = string | TracedNumber;

const emptyTexts = (): (Text | undefined)[] => [undefined, undefined, undefined, undefined];

let latest: (Text | undefined)[] = emptyTexts();
/** Where the next text is put, in the place of the oldest. */
let oldest = 0;
let report: (() => void) | undefined;

/** Notes a text that was made of a traced number, or the number itself where the text is its plain one. */
export function noteText<T extends Text>(text: T): T {
  if (recording.on) latest[oldest++ % textsKept] = text;
  return text;
}

/** The number that a text spells. Where the text was made of a traced number just before, the gradient ends here: that is reported. */
export function numberFromText(text: unknown, read: (text: unknown) => number = toNumber): number {
  if (latest.length > 0 && typeof text === "string" && recording.on && isLatest(text)) {
    latest = emptyTexts();
    reportReadBack();
  }
  return read(text);
}

/** Says, at the operation at hand, that a number is a constant because it was read from text. */
export function reportReadBack(): void {
  report?.();
}

const toNumber = (text: unknown): number => +(text as string);

function isLatest(text: string): boolean {
  for (let k = 0; k < textsKept; k++) {
    const known = latest[k];
    if (known !== undefined && spells(known, text)) return true;
  }
  return false;
}

function spells(known: Text, text: string): boolean {
  return typeof known === "string" ? known === text : `${known.primal}` === text;
}

export function reportNumbersReadBack(findings: Findings): void {
  report = () => {
    findings.add({
      code: "value-left-trace",
      severity: "warning",
      message:
        "The number read here is a constant: it comes from the text of a traced value, and no gradient flows through text; compute with the value itself.",
      site: recording.site,
    });
  };
}
