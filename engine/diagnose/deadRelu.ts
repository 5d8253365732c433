import { atLeast } from "./binomial.ts";
import { dataOf } from "../primitives/rule.ts";
import { logNorm } from "./chain.ts";
import { toldAt } from "./caller.ts";
import type { Finding } from "./finding.ts";
import { figure, type Subject } from "./subject.ts";
import type { Layer, Unit } from "./units.ts";

/** A smaller share of dead units is no loss to speak of. */
const smallestShare = 0.2;
/** Chance explains a number of dead units that is at least this likely. */
const chanceOfLayer = 1e-5;
/** Arguments so many times further from 0 than those of live units were put there by a bias. */
const farAway = 5;
/** Where the largest argument is no further below 0 than this share of their RMS, no bias has put them there. */
const nearZero = 0.5;
/** Of fewer examples a unit cannot be told from one that happens to be off. */
const fewestExamples = 4;

/**
 * ReLU units whose argument is never above 0, for any example: no gradient reaches their weights (Lu et al. 2019, Dying
 * ReLU and Initialization). In a deep net at initialisation all examples look alike, and a unit is on for all or off for
 * all; with weights that are symmetric about 0 the two are equally likely. So dead units count beyond what a coin gives
 * among the units that are always on or always off, or where their arguments are far below those of live units. A layer
 * all of whose units are dead counts where nothing leads past it: it lets nothing through. The branch of a residual net
 * may be shut; of many narrow ones some are, and chance explains how many.
 *
 * This speaks of the batch at hand: other data may wake a unit.
 */
export function deadRelu(subject: Subject, layers: readonly Layer[]): Finding[] {
  const bySite = new Map<number, Layer[]>();
  for (const layer of layers)
    if (layer.activation === "relu") bySite.set(layer.site, [...(bySite.get(layer.site) ?? []), layer]);
  const parts = layers.map(({ node }) => node);
  return [...bySite].flatMap(([site, all]) => {
    const dying = all.filter((layer) => isDead(layer) && !isFedNothing(subject, layer));
    const narrow = dying.filter((layer) => isNarrow(layer) && !isBiased(layer) && isBypassed(subject, layer));
    const explained = narrow.length > 0 && chanceOf(narrow, all.length) >= chanceOfLayer;
    const told = explained ? dying.filter((layer) => !narrow.includes(layer)) : dying;
    return told.length === 0 ? [] : [findingOf(subject, site, told, parts)];
  });
}

/** All that it is computed of has come out as 0: what comes before it is dead. */
function isFedNothing({ tape }: Subject, { inputs }: Layer): boolean {
  return (
    inputs.length > 0 &&
    inputs.every((node) => tape.inputsOf(node).length > 0 && dataOf(tape.primalOf(node)).every((x) => x === 0))
  );
}

/** Chance may shut all of its units. */
function isNarrow({ units }: Layer): boolean {
  return 2 ** -units.size >= chanceOfLayer;
}

/** The arguments of its units lie further below 0 than apart from each other: no chance has put them there. */
function isBiased({ units }: Layer): boolean {
  const largest = [...units.values()].map((unit) => unit.largest);
  const mean = largest.reduce((sum, x) => sum + x, 0) / largest.length;
  const variance = largest.reduce((sum, x) => sum + (x - mean) ** 2, 0) / largest.length;
  return -mean > farAway * Math.sqrt(variance);
}

/** An adjoint gets to what the layer is computed of, though none gets through the layer. */
function isBypassed({ tape, adjoints }: Subject, { inputs }: Layer): boolean {
  return inputs.some((node) => logNorm(tape, adjoints, [node]) > -Infinity);
}

/** The probability that as many of `layers` layers of coins show tails as often as these do. */
function chanceOf(dying: readonly Layer[], layers: number): number {
  const likeliest = Math.max(...dying.map((layer) => atLeast(deadOf(layer).length, layer.units.size)));
  return atLeast(dying.length, layers, likeliest);
}

function deadOf({ units }: Layer): Unit[] {
  return [...units.values()].filter(({ positive }) => positive === 0);
}

function isDead(layer: Layer): boolean {
  const units = [...layer.units.values()];
  const dead = deadOf(layer);
  if (dead.length < 2) return false;
  if (dead.length === units.length) return true;
  if (dead.length < smallestShare * units.length) return false;
  const always = units.filter(({ positive, executions }) => positive === executions).length;
  if (atLeast(dead.length, dead.length + always) < chanceOfLayer) return true;
  const live = units.filter(({ positive }) => positive > 0);
  const size = Math.sqrt(live.reduce((sum, { squares, executions }) => sum + squares / executions, 0) / live.length);
  const far = dead.filter(({ largest, executions }) => executions >= fewestExamples && -largest > farAway * size);
  return far.length >= smallestShare * units.length;
}

function findingOf(subject: Subject, site: number, dying: readonly Layer[], parts: readonly number[]): Finding {
  const worst = dying.reduce((a, b) => (deadOf(b).length / b.units.size > deadOf(a).length / a.units.size ? b : a));
  const dead = deadOf(worst);
  const count = worst.units.size;
  const examples = [...worst.units.values()][0]!.executions;
  const largest = Math.max(...dead.map((unit) => unit.largest));
  const all = dead.length === count;
  const shut = all && !isBypassed(subject, worst);
  const squares = dead.reduce((sum, unit) => sum + unit.squares / unit.executions, 0) / dead.length;
  const unlucky = all && isNarrow(worst) && -largest < nearZero * Math.sqrt(squares);
  const several = dying.length > 1 ? ` (the worst of ${dying.length} such layers)` : "";
  const { line, text, called } = toldAt(subject, site, worst.node, parts);
  return {
    code: "dead-relu",
    severity: "warning",
    message:
      `${all ? `All ${count}` : `${dead.length} of ${count}`} units of \`${text}\` on ${line}${several} ` +
      `are 0 ${examples === 1 ? "for the one example" : `for all ${examples} examples`}, so no gradient reaches ${shut ? "this layer or any before it" : "their weights"}: ` +
      `their arguments are ${figure(largest)} or less. ${unlucky ? `By chance layers of ${count} units are shut now and then: make it wider, draw other weights, or use leakyRelu.` : "Start with biases of 0 and heNormal weights, lower the learning rate if training did it, or use leakyRelu."}`,
    site,
    ...(called === undefined ? {} : { called }),
    data: {
      units: count,
      dead: dead.length,
      share: dead.length / count,
      examples,
      largestArgument: largest,
      layers: dying.length,
      perLayer: dying.map((layer) => ({ node: layer.node, units: layer.units.size, dead: deadOf(layer).length })),
    },
  };
}
