import { atLeast } from "./binomial.ts";
import { toldAt } from "./caller.ts";
import type { Finding } from "./finding.ts";
import { figure, type Subject } from "./subject.ts";
import type { Layer } from "./units.ts";

/** Half of a layer's outputs: what Glorot and Bengio (2010, §3.1) see stop a layer from learning. */
const largestShare = 0.5;
/** Of healthy layers with few units, of which one or two have large weights, this share may be. */
const healthyShare = 0.1;
/** Less likely than this in a healthy layer: of six outputs five, of many the half of them. */
const unlikely = 2e-4;

/**
 * Layers of sigmoids or tanhs most of whose outputs, over units and examples, lie where the derivative is below a
 * twentieth of its largest. Gates that stand open, as a forget gate does, are meant to; so are single outputs of
 * classifiers.
 */
export function saturatedActivation(subject: Subject, layers: readonly Layer[]): Finding[] {
  const bySite = new Map<number, Layer[]>();
  for (const layer of layers)
    if (layer.activation !== "relu" && isSaturated(layer))
      bySite.set(layer.site, [...(bySite.get(layer.site) ?? []), layer]);
  const parts = layers.map(({ node }) => node);
  return [...bySite].map(([site, flat]) => findingOf(subject, site, flat, parts));
}

interface Sums {
  readonly executions: number;
  readonly saturated: number;
  readonly squares: number;
}

function sumsOf({ units }: Layer): Sums {
  let [executions, saturated, squares] = [0, 0, 0];
  for (const unit of units.values()) {
    executions += unit.executions;
    saturated += unit.saturated;
    squares += unit.squares;
  }
  return { executions, saturated, squares };
}

/** Whether so many of a layer's outputs are flat that it is told. */
export function isSaturated(layer: Layer): boolean {
  const { executions, saturated } = sumsOf(layer);
  if (layer.units.size < (layer.feeds ? 2 : 4) || executions < 4) return false;
  if (layer.gate && layer.open * 2 > executions) return false;
  return saturated >= largestShare * executions && atLeast(saturated, executions, healthyShare) < unlikely;
}

function findingOf(subject: Subject, site: number, flat: readonly Layer[], parts: readonly number[]): Finding {
  const share = (layer: Layer): number => sumsOf(layer).saturated / sumsOf(layer).executions;
  const worst = flat.reduce((a, b) => (share(b) > share(a) ? b : a));
  const { executions, squares } = sumsOf(worst);
  const size = Math.sqrt(squares / executions);
  const examples = Math.round(executions / worst.units.size);
  const several = flat.length > 1 ? ` (the worst of ${flat.length} such layers)` : "";
  const ends = worst.activation === "tanh" ? "−1 or 1" : "0 or 1";
  const { line, text, called } = toldAt(subject, site, worst.node, parts);
  return {
    code: "saturated-activation",
    severity: "warning",
    message:
      `${Math.round(100 * share(worst))} % of the outputs of \`${text}\` on ${line}${several}, ${worst.units.size} units ` +
      `over ${examples === 1 ? "one example" : `${examples} examples`}, are next to ${ends}, where the derivative is under 5 % of its largest: ` +
      `their arguments have an RMS of ${figure(size)}. Scale the weights before it by ${figure(1 / size, 2)}, or normalise its inputs.`,
    site,
    ...(called === undefined ? {} : { called }),
    data: {
      units: worst.units.size,
      examples,
      share: share(worst),
      saturated: flat.reduce((sum, layer) => sum + sumsOf(layer).saturated, 0),
      rms: size,
      layers: flat.length,
      perLayer: flat.map((layer) => ({ node: layer.node, units: layer.units.size, share: share(layer) })),
    },
  };
}
