import { toldAt } from "./caller.ts";
import type { Finding } from "./finding.ts";
import { flows, mainCourse, type Flow } from "./flow.ts";
import { flowReport, type FlowReport } from "./flowReport.ts";
import { blamed, culprits, flowMessage, gateOf, stepsApart } from "./flowText.ts";
import { figure, type Subject } from "./subject.ts";

/**
 * `vanishing-gradient` and `exploding-gradient`: a repeated computation (layers, turns of a loop, calls that feed one
 * another) along which the adjoint's norm falls or rises exponentially, beyond what chance gives; see `judge` for the
 * verdict and `Body.factors` for the lines it is put down to.
 */
export function gradientFlow(subject: Subject): Finding[] {
  return flows(subject).map((flow) => findingOf(subject, flow));
}

/** A line that does less than this share of the whole is not related to it. */
const relatedShare = 0.1;

/** What is told of such a computation. */
export function findingOf(subject: Subject, flow: Flow): Finding {
  const { direction, total, chain, from } = flow;
  const [worst, ...others] = culprits(subject, flow);
  const gate = gateOf(flow);
  const site =
    gate !== undefined ? subject.tape.site[gate]! : (worst?.site ?? subject.tape.site[chain.stations[from]![0]!]!);
  const { called } = toldAt(subject, site, gate ?? worst?.node ?? chain.stations[from]![0]!, stepsApart(flow));
  const responsible = gate === undefined ? blamed(subject, flow).map((factor) => factor.site) : [];
  return {
    code: direction === "vanishing" ? "vanishing-gradient" : "exploding-gradient",
    severity: "warning",
    message: flowMessage(subject, flow),
    site,
    ...(called === undefined ? {} : { called }),
    related: others
      .filter((factor) => factor.site !== site && Math.abs(factor.nats) >= relatedShare * Math.abs(total))
      .slice(0, 4)
      .map((factor) => ({ site: factor.site, message: `${figure(factor.nats)} nats` })),
    data: { direction, ...flowReport(subject, flow, new Set(responsible)) },
  };
}

/**
 * The adjoint's way through the longest repeated computation there is, whether or not anything is the matter with it;
 * undefined where nothing is done twice, one after the other.
 */
export function mainFlow(subject: Subject): FlowReport | undefined {
  const course = mainCourse(subject);
  return course && flowReport(subject, course, new Set());
}
