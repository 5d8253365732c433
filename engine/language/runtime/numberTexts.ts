import { recording } from "../../tape/recording.ts";
import type { TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";

/** What is written to be read back is read back soon; what is written to be shown is not. */
const textsKept = 4;

type Text = string | TracedNumber;

let latest: Text[] = [];
let report: (() => void) | undefined;

/** Notes a text that was made of a traced number, or the number itself where the text is its plain one. */
export function noteText<T extends Text>(text: T): T {
  if (recording.on && latest.unshift(text) > textsKept) latest.length = textsKept;
  return text;
}

/** The number that a text spells. Where the text was made of a traced number just before, the gradient ends here: that is reported. */
export function numberFromText(text: unknown, read: (text: unknown) => number = toNumber): number {
  if (latest.length > 0 && typeof text === "string" && recording.on && latest.some((known) => spells(known, text))) {
    latest = [];
    reportReadBack();
  }
  return read(text);
}

/** Says, at the operation at hand, that a number is a constant because it was read from text. */
export function reportReadBack(): void {
  report?.();
}

const toNumber = (text: unknown): number => +(text as string);

function spells(known: Text, text: string): boolean {
  return typeof known === "string" ? known === text : String(known.primal) === text;
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
