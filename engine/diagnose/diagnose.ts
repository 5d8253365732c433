import { deadRelu } from "./deadRelu.ts";
import type { Finding } from "./finding.ts";
import { gradientFlow } from "./gradientFlow.ts";
import { nonFinite } from "./nonFinite.ts";
import { saturatedActivation } from "./saturatedActivation.ts";
import { saturatedSoftmax } from "./saturatedSoftmax.ts";
import { severedGradient } from "./severedGradient.ts";
import type { Subject } from "./subject.ts";
import { layersOf } from "./units.ts";

/** Every finding in one traced run, the gravest first. */
export function diagnose(subject: Subject): Finding[] {
  const layers = layersOf(subject);
  return [
    ...nonFinite(subject),
    ...gradientFlow(subject),
    ...deadRelu(subject, layers),
    ...saturatedActivation(subject, layers),
    ...saturatedSoftmax(subject),
    ...severedGradient(subject),
  ];
}
