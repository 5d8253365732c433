import type { Finding } from "./finding.ts";
import { gradientFlow } from "./gradientFlow.ts";
import { nonFinite } from "./nonFinite.ts";
import { severedGradient } from "./severedGradient.ts";
import type { Subject } from "./subject.ts";

/** Every finding in one traced run, the gravest first. */
export function diagnose(subject: Subject): Finding[] {
  return [...nonFinite(subject), ...gradientFlow(subject), ...severedGradient(subject)];
}
