import { deadRelu } from "./deadRelu.ts";
import type { Finding } from "./finding.ts";
import { gradientFlow } from "./gradientFlow.ts";
import { nonFinite } from "./nonFinite.ts";
import { saturatedActivation } from "./saturatedActivation.ts";
import { saturatedSoftmax } from "./saturatedSoftmax.ts";
import { severedGradient } from "./severedGradient.ts";
import { stuckOutputs } from "./stuckOutputs.ts";
import type { Subject } from "./subject.ts";
import { layersOf } from "./units.ts";
import { zeroProducts } from "./zeroProducts.ts";

/** Every finding in one traced run, the gravest first. */
export function diagnose(subject: Subject): Finding[] {
  const layers = layersOf(subject);
  return withoutConsequences(subject, [
    ...nonFinite(subject),
    ...gradientFlow(subject),
    ...deadRelu(subject, layers),
    ...saturatedActivation(subject, layers),
    ...stuckOutputs(subject, layers),
    ...saturatedSoftmax(subject),
    ...severedGradient(subject),
    ...zeroProducts(subject),
  ]);
}

/**
 * What grows until it overflows explodes on its way there, and a rectifier that is written with a comparison and lets
 * nothing through leaves its parameters with that comparison alone: one finding tells it. Weights of 0 make units dead, too.
 */
function withoutConsequences({ sites }: Subject, findings: readonly Finding[]): Finding[] {
  const isSameLine = (a: Finding, b: Finding): boolean =>
    sites.get(a.site).file === sites.get(b.site).file && sites.get(a.site).line === sites.get(b.site).line;
  const causes = (cause: Finding, { code, severity }: Finding): boolean =>
    code === "exploding-gradient"
      ? cause.code === "non-finite" && cause.data["kind"] === "overflow"
      : code === "severed-gradient" && severity === "information" && cause.code === "dead-relu";
  const isDead = findings.some(({ code }) => code === "dead-relu");
  return findings.filter(
    (finding) =>
      !findings.some((cause) => causes(cause, finding) && isSameLine(cause, finding)) &&
      !(isDead && finding.data["kind"] === "zero products"),
  );
}
