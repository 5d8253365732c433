/** What the status bar says. Pure. */
import { formatNumber, formatPlural } from "../engine/process/format.ts";
import type { FunctionTrace } from "../engine/process/protocol.ts";
import { saveToSee } from "./lensText.ts";

export interface StatusFacts {
  readonly fileName: string;
  readonly trusted: boolean;
  readonly state: "untraced" | "tracing" | "traced" | "failed";
  /** The functions of the last good answer. */
  readonly functions: readonly FunctionTrace[];
  readonly errors: number;
  readonly findings: number;
  readonly stale: boolean;
  /** The name of an imported file with changes that are not saved. */
  readonly unsaved?: string;
  readonly digits: number;
}

export interface Status {
  readonly text: string;
  readonly tooltip: string;
}

export function status(facts: StatusFacts): Status {
  const { fileName, trusted, state, errors, findings, stale } = facts;
  if (!trusted)
    return {
      text: "$(shield) ∇ not traced",
      tooltip: "Adjoint runs nothing in a folder you have not trusted. Click to manage trust.",
    };
  switch (state) {
    case "tracing":
      return { text: `$(loading~spin) ∇ ${fileName}`, tooltip: `Tracing ${fileName}. Click to stop it or for more.` };
    case "untraced":
      return { text: "∇ not traced", tooltip: `${fileName} has not been traced. Click to trace it.` };
    case "failed":
      return {
        text: "$(error) ∇ failed",
        tooltip: `The last run of ${fileName} failed (${formatPlural(errors, "error")}). Click for more.`,
      };
    case "traced":
      return traced(facts, stale, findings);
  }
}

function traced({ fileName, functions, digits, unsaved }: StatusFacts, stale: boolean, findings: number): Status {
  const good = functions.filter(({ value }) => value !== undefined);
  const what = good.length === 1 ? formatNumber(good[0]!.value!, digits) : formatPlural(good.length, "function");
  const found = findings > 0 ? ` $(warning) ${findings}` : "";
  const lines = good.map(({ function: name, value }) => `${name} = ${formatNumber(value!, digits)}`);
  const notes = [
    findings > 0 ? formatPlural(findings, "finding") : "",
    stale ? (unsaved === undefined ? "stale: the text has changed since" : `stale: ${saveToSee(unsaved)}`) : "",
  ];
  return {
    text: `∇ ${what}${stale ? " (stale)" : ""}${found}`,
    tooltip: [`${fileName}, traced`, ...lines, ...notes.filter((note) => note !== "")].join("\n"),
  };
}
