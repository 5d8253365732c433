import { recording } from "../../tape/recording.ts";
import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";
import { noteText } from "./numberTexts.ts";
import { numberOf, onlyElement } from "./primals.ts";

/** Stacks are slow to take: after so many leaks in a row from places already known, no more are taken. */
const leaksLookedAt = 1000;
/** Topmost lines kept of a leak's stack. */
const stackDepth = 12;

/**
 * The conversions that the language makes on its own when a traced value reaches something that is not instrumented.
 * Text is made of the primal in silence. Where a number is asked for, the gradient ends unseen: that is reported, with
 * the place, and the primal goes on.
 */
export function installLeakDetector(findings: Findings): void {
  let looked = 0;
  const report = (): void => {
    if (!recording.on || looked++ > leaksLookedAt) return;
    const known = findings.list.length;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = stackDepth;
    const { stack = "" } = new Error();
    Error.stackTraceLimit = stackTraceLimit;
    findings.add({
      code: "value-left-trace",
      severity: "warning",
      message:
        "This value left the trace here: code that is not instrumented took it as a plain number, " +
        "so the gradient does not flow through what it computes.",
      site: recording.site,
      stack: stack.slice(stack.indexOf("\n") + 1),
    });
    if (findings.list.length > known) looked = 0;
  };

  Object.defineProperty(TracedNumber.prototype, Symbol.toPrimitive, {
    value(this: TracedNumber, hint: string): number {
      if (hint === "string") noteText(this);
      else report();
      return numberOf(this);
    },
    configurable: true,
  });

  Object.defineProperty(Tensor.prototype, Symbol.toPrimitive, {
    value(this: Tensor, hint: string): number | string {
      if (hint === "string") return this.toString();
      const element = onlyElement(this, "as a number");
      if (this.node >= 0) report();
      return element;
    },
    configurable: true,
  });
}
