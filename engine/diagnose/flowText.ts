import { dataOf } from "../primitives/rule.ts";
import { toldAt } from "./caller.ts";
import type { Factor } from "./chain.ts";
import type { Flow } from "./flow.ts";
import { isRectifier, isSigmoid } from "./traits.ts";
import { figure, listed, operationOf, textOf, type Subject } from "./subject.ts";

/** What happens, how much of it chance explains, which line does it, and what to change. */
export function flowMessage(subject: Subject, flow: Flow): string {
  const { direction, total, logNorms, from, circumstances, element } = flow;
  const steps = logNorms.length - 1;
  const [unit, first, last] =
    circumstances.kind === "layers"
      ? ["layer", from + 1, from + logNorms.length]
      : ["step", from + 1, from + logNorms.length];
  const verb = direction === "vanishing" ? "vanishes" : "explodes";
  const does = direction === "vanishing" ? "shrinks" : "grows";
  const what = element === undefined ? "the adjoint" : `the adjoint of element ${element} of the state`;
  const rate = `×${figure(Math.exp(total / steps))} a ${unit}`;
  return (
    `The gradient ${verb}: from ${unit} ${last} back to ${unit} ${first} ${what} ${does} by a factor of ${factorText(Math.exp(Math.abs(total)))} (${rate})` +
    `${chanceText(flow)}. ${blame(subject, flow)}${advice(subject, flow)}`
  );
}

/** "229", "2.6e+12" */
function factorText(factor: number): string {
  return factor < 1e4 ? figure(factor, factor < 100 ? 2 : 3) : factor.toExponential(1);
}

function chanceText({ circumstances: { chance }, direction, total }: Flow): string {
  if (chance === undefined) return "";
  if (total >= chance.low && total <= chance.high)
    return "; chance may do as much at this width, but not what the weights and units of all layers do on average";
  const most = direction === "vanishing" ? -chance.low : chance.high;
  return `; chance at this width explains at most ${factorText(Math.exp(Math.max(0, most)))}`;
}

/** What one line does to the adjoint, over all steps. */
export interface LineFactor extends Factor {
  /** The operations of the line that make up its factor. */
  readonly parts: readonly Factor[];
}

/**
 * The lines that act in the direction of the whole, the strongest first. A rectifier halves the squared norm whatever the
 * weights, and weights of variance 2/n make up for it: what is amiss is put down to the weights' line.
 */
export function culprits(subject: Subject, { factors, total, logNorms, circumstances }: Flow): LineFactor[] {
  const lines = new Map<string, Factor[]>();
  for (const factor of factors) {
    const { file, line } = subject.sites.get(factor.site);
    const key = `${file}:${line}`;
    lines.set(key, [...(lines.get(key) ?? []), factor]);
  }
  const halved = (Math.LN2 / 2) * (logNorms.length - 1);
  const product = factors.find((factor) => isProduct(subject, factor));
  const excess = (factor: Factor): number => {
    if (circumstances.chance === undefined || !circumstances.rectified) return factor.nats;
    if (factor === product) return factor.nats - halved;
    return isRectifier(subject.tape, factor.node) ? factor.nats + halved : factor.nats;
  };
  return (
    [...lines.values()]
      .map((parts) => {
        const strongest = parts.reduce((a, b) => (excess(b) * total > excess(a) * total ? b : a));
        const sum = (of: (factor: Factor) => number): number => parts.reduce((all, part) => all + of(part), 0);
        return { ...strongest, nats: sum(({ nats }) => nats), excess: sum(excess), parts };
      })
      // Where an adjoint is 0 in between, no share of the whole can be told.
      .filter(({ excess: own }) => own * total > 0 && Number.isFinite(own))
      .sort((a, b) => Math.abs(b.excess) - Math.abs(a.excess))
  );
}

/** The line to blame; layers that are written out one by one share the blame. */
export function blamed(subject: Subject, flow: Flow): LineFactor[] {
  const lines = culprits(subject, flow);
  const [worst] = lines;
  if (worst === undefined) return [];
  const operation = operationOf(subject, worst.node);
  const same = lines.filter(({ node }) => operationOf(subject, node) === operation);
  return same.length > 2 && Math.abs(worst.nats) * 2 < Math.abs(flow.total) ? same : [worst];
}

function isProduct(subject: Subject, { node }: Factor): boolean {
  return ["matmul", "mul"].includes(operationOf(subject, node)) && !isRectifier(subject.tape, node);
}

/** Where a state fades by a gate that is half shut, the gate is to blame. */
export function gateOf({ direction, gates }: Flow): number | undefined {
  return direction === "vanishing" ? gates[0] : undefined;
}

/** Nodes of all steps: what holds two of them is where they follow each other. */
export function stepsApart({ chain: { stations } }: Flow): number[] {
  return stations.flatMap((station) => station.slice(0, 1));
}

function blame(subject: Subject, flow: Flow): string {
  const gate = gateOf(flow);
  if (gate !== undefined) {
    const values = dataOf(subject.tape.primalOf(gate));
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const { line, text } = toldAt(subject, subject.tape.site[gate]!, gate, stepsApart(flow));
    return `L${line.slice(1)}, \`${text}\`, is the gate that multiplies the state, by ${figure(mean, 2)} on average. `;
  }
  const lines = blamed(subject, flow);
  const [worst] = lines;
  if (worst === undefined) return "";
  const nats = (sum: number): string => `${signed(sum)} of ${signed(flow.total)} nats`;
  if (lines.length > 1) {
    const sum = lines.reduce((all, { nats: each }) => all + each, 0);
    const numbers = lines.map(({ site }) => subject.sites.get(site).line).sort((a, b) => a - b);
    return `Lines ${numbers[0]!} to ${numbers.at(-1)!}, each with \`${operationOf(subject, worst.node)}\`, are responsible for ${nats(sum)}. `;
  }
  const { line, text } = toldAt(subject, worst.site, worst.node, stepsApart(flow));
  const name = `L${line.slice(1)}, \`${text}\``;
  const rectifier = flow.factors.find(({ node }) => isRectifier(subject.tape, node));
  const product = flow.factors.find((factor) => isProduct(subject, factor));
  if (flow.circumstances.chance !== undefined && rectifier !== undefined && product !== undefined) {
    const balance = (Math.LN2 / 2) * (flow.logNorms.length - 1);
    if (!worst.parts.includes(rectifier))
      return `${name}, gives ${signed(worst.nats)} nats where ${signed(balance)} would balance what \`${textOf(subject, rectifier.site, 24)}\` takes. `;
    if (!worst.parts.includes(product))
      return `${name}, takes ${figure(-worst.nats)} nats where ${figure(balance)} would balance what \`${textOf(subject, product.site, 24)}\` gives. `;
  }
  return `${name}, is responsible for ${nats(worst.nats)}. `;
}

function signed(nats: number): string {
  return nats > 0 ? `+${figure(nats)}` : figure(nats);
}

/** Units that take less of what is lost than this are not saturated: their weights are small. */
const saturatedShare = 0.25;

function advice(subject: Subject, flow: Flow): string {
  const { direction, circumstances, weights, total, logNorms, factors } = flow;
  const rate = Math.exp(-total / (logNorms.length - 1));
  const squashing = factors.filter(
    ({ node, nats }) => nats < 0 && (operationOf(subject, node) === "tanh" || isSigmoid(subject.tape, node)),
  );
  const saturating = squashing.length > 0;
  const weightNames = named(weights.parameters);
  if (circumstances.kind === "layers") {
    if (circumstances.standardised && direction === "exploding")
      return "Standardised layers do that whatever their weights: add skip connections, h + f(h).";
    const scale = `scale the initial ${weightNames} by ${figure(rate, 2)}`;
    if (direction === "exploding") return `Smaller weights keep it level: ${scale}, or normalise between layers.`;
    const sigmoid = squashing.some(({ node }) => isSigmoid(subject.tape, node));
    const taken = squashing.reduce((sum, { nats }) => sum + nats, 0);
    if (sigmoid || (taken < saturatedShare * total && rate > 2))
      return `The derivative of a ${sigmoid ? "sigmoid is at most 0.25" : "saturated unit is small"}: use relu with heNormal weights, or add a skip connection, h + f(h).`;
    return `Larger weights keep it level: ${scale} (heNormal for relu, glorotNormal for tanh).`;
  }
  if (direction === "exploding")
    return weights.tied && factors.length > 1
      ? `Scale ${weightNames} by ${figure(rate, 2)} or make it orthogonal, or clip the gradient's norm.`
      : "Keep the factor of a step at 1 or below, or clip the gradient's norm.";
  const [worst] = culprits(subject, flow);
  const squashed = worst !== undefined && ["tanh", "sigmoid"].includes(operationOf(subject, worst.node));
  if (weights.tied && squashed && factors.some(({ nats }) => nats > 0))
    return `Smaller ${weightNames} would keep it from saturating.`;
  if (gateOf(flow) !== undefined) return "Let it begin open: add 1 or more to what the sigmoid is taken of.";
  if (saturating)
    return weights.tied
      ? `Make ${weightNames} orthogonal and larger, or use a gated cell (LSTM with forget bias 1) or a skip connection.`
      : "Use relu, or add a skip connection, h + f(h).";
  return "Keep the factor of a step near 1, or give the state a path of its own, h + f(h).";
}

function named(names: readonly string[]): string {
  const whole = [...new Set(names.map((name) => name.replace(/[[.].*$/s, "")))];
  return whole.length === 0 || whole.length > 3 ? "weights" : listed(whole);
}
