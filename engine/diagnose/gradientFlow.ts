import { chanceLimit } from "./chance.ts";
import type { Finding } from "./finding.ts";
import { flows, type Flow } from "./flow.ts";
import { culprits, flowMessage, gateOf } from "./flowText.ts";
import { figure, operationOf, textOf, type Subject } from "./subject.ts";
import { stepsOf } from "./verdict.ts";

/**
 * `vanishing-gradient` and `exploding-gradient`: a repeated computation (layers, turns of a loop, calls that feed one
 * another) along which the adjoint's norm falls or rises exponentially, beyond what chance gives; see `judge` for the
 * verdict and `Body.factors` for the lines it is put down to.
 */
export function gradientFlow(subject: Subject): Finding[] {
  return flows(subject).map((flow) => findingOf(subject, flow));
}

/** More points than a plot shows are thinned out. */
const mostStations = 512;
/** A line that does less than this share of the whole is not related to it. */
const relatedShare = 0.1;

function findingOf(subject: Subject, flow: Flow): Finding {
  const { direction, factors, total, chain, from } = flow;
  const [worst, ...others] = culprits(subject, flow);
  const gate = gateOf(flow);
  const site =
    gate !== undefined ? subject.tape.site[gate]! : (worst?.site ?? subject.tape.site[chain.stations[from]![0]!]!);
  return {
    code: direction === "vanishing" ? "vanishing-gradient" : "exploding-gradient",
    severity: "warning",
    message: flowMessage(subject, flow),
    site,
    related: others
      .filter((factor) => factor.site !== site && Math.abs(factor.nats) >= relatedShare * Math.abs(total))
      .slice(0, 4)
      .map((factor) => ({ site: factor.site, message: `${figure(factor.nats)} nats` })),
    data: {
      direction,
      kind: flow.circumstances.kind,
      ...(flow.element === undefined ? {} : { element: flow.element }),
      totalNats: total,
      factor: Math.exp(total),
      perStep: Math.exp(total / (flow.logNorms.length - 1)),
      steps: flow.logNorms.length - 1,
      chance: flow.circumstances.chance ?? null,
      layers: layersOf(subject, flow),
      lines: factors.map(({ site: own, node, nats }) => ({
        ...rangeOf(subject, own),
        text: textOf(subject, own),
        op: operationOf(subject, node),
        nats,
      })),
      parameters: flow.weights.parameters.slice(0, 64),
    },
  };
}

/**
 * The stations from the input's end to the result's. `chance` is the band, in log10 of the norm, within which random
 * weights alone would keep the adjoint, given that of the last station.
 */
function layersOf(subject: Subject, flow: Flow): unknown[] {
  const { logNorms, from, chain, lines, circumstances } = flow;
  const unit = circumstances.kind === "layers" ? "layer" : "step";
  const steps = stepsOf(logNorms);
  const stride = Math.ceil(logNorms.length / mostStations);
  const top = logNorms.at(-1)!;
  const shares = circumstances.chance;
  const layers: unknown[] = [];
  for (let k = 0; k < logNorms.length; k += stride) {
    const share = shares === undefined ? 0 : (logNorms.length - 1 - k) / (logNorms.length - 1);
    const middle = shares === undefined ? 0 : top + shares.mean * share;
    const spread = shares === undefined ? 0 : chanceLimit * shares.deviation * Math.sqrt(share);
    const station = chain.stations[from + k]!;
    layers.push({
      label: `${unit} ${from + k + 1}`,
      node: station[0]!,
      lines: linesOf(subject, k === 0 ? (lines[from] ?? []) : (lines[from + k - 1] ?? [])),
      log10Norm: logNorms[k]! / Math.LN10,
      ...(k < steps.length ? { ratio: Math.exp(steps[k]!) } : {}),
      ...(shares === undefined ? {} : { chance: [(middle - spread) / Math.LN10, (middle + spread) / Math.LN10] }),
    });
  }
  return layers;
}

function linesOf({ sites }: Subject, numbers: readonly number[]): number[] {
  return [...new Set(numbers.filter((site) => site > 0).map((site) => sites.get(site).line))].sort((a, b) => a - b);
}

function rangeOf({ sites }: Subject, site: number): object {
  const { file, line, column, endLine, endColumn } = sites.get(site);
  return { file, line, column, endLine, endColumn };
}
