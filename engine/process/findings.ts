/** What findings are called, and what can be read from their figures. Pure: runs in Node and in a page. */
import type { Diagnostic, FlowReport } from "./protocol.ts";

const titles: Readonly<Record<string, string>> = {
  "vanishing-gradient": "Vanishing gradient",
  "exploding-gradient": "Exploding gradient",
  "dead-relu": "Dead units",
  "saturated-activation": "Saturated units",
  "severed-gradient": "Severed gradient",
};

/** "Vanishing gradient" */
export function titleOf({ code, data }: Diagnostic): string {
  if (code === "non-finite") return data?.["pass"] === "backward" ? "Gradient not finite" : "Value not finite";
  const words = code.replaceAll("-", " ");
  return titles[code] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** The adjoint's way through layers or steps, of a finding that speaks of one. */
export function flowOf({ code, data }: Diagnostic): FlowReport | undefined {
  return code === "vanishing-gradient" || code === "exploding-gradient" ? (data as unknown as FlowReport) : undefined;
}

/** The first sentence of a message. */
export function firstSentence(message: string): string {
  return /^.*?[.!?](?=\s+[\p{Lu}`]|\s*$)/su.exec(message)?.[0] ?? message;
}
