import { dataOf } from "../primitives/rule.ts";
import { inputOperation } from "../tape/tape.ts";
import type { Finding } from "./finding.ts";
import { acceptsFrontier, hasZeroAdjoint } from "./frontier.ts";
import { expressionOf, listed, operationOf, parameterName, type Subject } from "./subject.ts";

const products: ReadonlySet<string> = new Set(["mul", "matmul", "conv", "convTranspose"]);

/** Of fewer numbers it is a formula at a saddle point rather than a model that cannot begin to learn. */
const fewestNumbers = 4;

/**
 * Parameters that begin at 0 and are multiplied with one another, as both factors of a factorisation or all layers of a
 * tanh network: each is the other's derivative, so that none of them gets a gradient, nor will after any number of steps.
 * One factor of two that begins at 0, as a last layer does, gets a gradient from the other, and then passes one on.
 */
export function zeroProducts(subject: Subject): Finding[] {
  const zero = zeroParameters(subject);
  if (zero.size < 2) return [];
  const stuck = new Map<string, Block[]>();
  for (const [name, nodes] of zero) {
    const blocks = blocksOf(subject, nodes);
    const isMutual = ({ factor }: Block): boolean => {
      const others = parametersOf(subject, factor);
      return others.size > 0 && !others.has(name) && [...others].every((other) => zero.has(other));
    };
    if (blocks !== undefined && blocks.length > 0 && blocks.every(isMutual)) stuck.set(name, blocks);
  }
  const names = [...stuck.keys()];
  if (names.length < 2) return [];
  const last = [...stuck.values()].flat().reduce((a, b) => (b.product > a.product ? b : a)).product;
  const numbers = names
    .flatMap((name) => zero.get(name)!)
    .reduce((sum, node) => sum + dataOf(subject.tape.primalOf(node)).length, 0);
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return [
    {
      code: "severed-gradient",
      severity: numbers < fewestNumbers ? "information" : "warning",
      message:
        `The gradient with respect to ${listed(shown)} is 0 at these values: in ${expressionOf(subject, last)} each of them is multiplied by what the others make 0, ` +
        `so that none ever moves. Draw all but one of them at random, with heNormal or glorotNormal; biases may begin at 0.`,
      site: subject.tape.site[last]!,
      related: names.slice(0, 4).flatMap((name) => {
        const site = subject.tape.site[zero.get(name)![0]!]!;
        return site === 0 ? [] : [{ site, message: `The parameter ${name}` }];
      }),
      data: { parameter: listed(shown), kind: "zero products", elements: numbers },
    },
  ];
}

/** The nodes of each parameter whose adjoints are there and all 0. */
function zeroParameters(subject: Subject): Map<string, number[]> {
  const { tape, adjoints } = subject;
  const found = new Map<string, number[]>();
  const others = new Set<string>();
  for (let node = 0; node <= subject.output; node++) {
    if (tape.operation[node] !== inputOperation) continue;
    const name = parameterName(tape.inputName(node) ?? "");
    if (others.has(name)) continue;
    if (!adjoints.reached(node)) continue;
    if (hasZeroAdjoint(subject, node)) {
      const own = found.get(name);
      if (own === undefined) found.set(name, [node]);
      else own.push(node);
    } else {
      others.add(name);
      found.delete(name);
    }
  }
  return found;
}

/** A product with a factor of 0: what has come of a parameter gets no adjoint from it. */
interface Block {
  readonly product: number;
  readonly factor: number;
}

/** Undefined where something else than a factor of 0 keeps a parameter from its adjoint. */
function blocksOf(subject: Subject, nodes: readonly number[]): Block[] | undefined {
  const { tape } = subject;
  const found: Block[] = [];
  const all = acceptsFrontier(subject, nodes, (product, influenced) => {
    const [a, b] = tape.inputsOf(product) as [number, number | undefined];
    if (b === undefined || !products.has(operationOf(subject, product)) || influenced[a] === influenced[b])
      return false;
    const factor = influenced[a] === 1 ? b : a;
    found.push({ product, factor });
    return dataOf(tape.primalOf(factor)).every((x) => x === 0);
  });
  return all ? found : undefined;
}

/** Names of the parameters that a node is computed of. */
function parametersOf({ tape }: Subject, from: number): Set<string> {
  const names = new Set<string>();
  const seen = new Set([from]);
  const stack = [from];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (tape.operation[node] === inputOperation) names.add(parameterName(tape.inputName(node) ?? ""));
    tape.forEachWord(node, (word) => {
      if (word < 0 || seen.has(word)) return;
      seen.add(word);
      stack.push(word);
    });
  }
  return names;
}
