import type * as t from "@babel/types";
import type { Flow } from "../diagnose/flow.ts";
import { operationOf, type Subject } from "../diagnose/subject.ts";
import { bare } from "../language/instrument/syntax.ts";
import { importChanges } from "./imports.ts";
import { initialValues } from "./initialValue.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { scaledValues } from "./rescale.ts";
import { Scaler } from "./scaling.ts";
import { selections } from "./selection.ts";
import { distinct, editsAt, scales, type Spot } from "./spots.ts";

const saturating: ReadonlySet<string> = new Set(["sigmoid", "tanh"]);
const heInitializers: Readonly<Record<string, string>> = {
  glorotNormal: "heNormal",
  lecunNormal: "heNormal",
  glorotUniform: "heUniform",
};

interface Renamed {
  readonly to: string;
  readonly uses: Set<t.Node>;
}

/**
 * Layers that saturate made rectified: `relu` in the place of the `sigmoid` or `tanh` that the adjoint vanishes in, and
 * weights of variance 2/inputs with it (He et al. 2015): initialisers by their names, other weights scaled, first by the
 * √2 that makes up for the half that relu takes, and by what else their products lack.
 */
export function rectify(program: Program, subject: Subject, name: string, flow: Flow): Proposal | undefined {
  const { direction, circumstances, factors, weights, logNorms, total } = flow;
  if (direction !== "vanishing" || circumstances.kind !== "layers") return undefined;
  const steps = logNorms.length - 1;
  const blamed = factors.filter(({ node, nats }) => nats < 0 && saturating.has(operationOf(subject, node)));
  if (blamed.reduce((sum, { nats }) => sum + nats, 0) > total / 2) return undefined;
  const renamed = new Map<string, Renamed>();
  const spots: Spot[] = [];
  for (const { site } of blamed) {
    const call = program.callAt(subject.sites.get(site));
    const callee = call && bare(call.callee);
    // What a helper file or a formula does is not told by a name that could be replaced here.
    if (callee?.type !== "Identifier" || !saturating.has(program.libraryName(callee) ?? "")) return undefined;
    spots.push(...rename(renamed, callee, "relu"));
  }
  const wanted = selections(weights.parameters);
  const values = spots.length === 0 ? undefined : initialValues(program, name, subject.parameters, wanted);
  if (values === undefined) return undefined;
  const scaler = new Scaler(program, (callee, initializer) => {
    const to = heInitializers[initializer];
    const identifier = bare(callee);
    if (initializer.startsWith("he")) return [];
    return to === undefined || identifier.type !== "Identifier" ? undefined : rename(renamed, identifier, to);
  });
  const scaled = scaledValues(scaler, values);
  const imports = scaled && importChanges(program, renamed);
  const edits = imports && distinct([...spots, ...scaled, ...imports]);
  if (edits === undefined) return undefined;
  const isScaled = scales(edits);
  const products = factors.filter(({ node }) => operationOf(subject, node) === "matmul");
  const lacking = Math.LN2 / 2 - products.reduce((sum, { nats }) => sum + nats, 0) / steps;
  return {
    title: titleOf(renamed, isScaled),
    edits: editsAt(program, edits),
    ...(isScaled ? { factor: Math.exp(lacking), excess: -lacking * steps } : {}),
  };
}

/** "Use relu and heNormal instead of sigmoid and glorotNormal" */
function titleOf(renamed: ReadonlyMap<string, Renamed>, isScaled: boolean): string {
  const list = (names: Iterable<string>): string => new Intl.ListFormat("en-GB").format(new Set(names));
  const instead = `Use ${list([...renamed.values()].map(({ to }) => to))} instead of ${list(renamed.keys())}`;
  return isScaled ? `${instead}, and scale the initial weights by {factor}` : instead;
}

function rename(renamed: Map<string, Renamed>, identifier: t.Identifier, to: string): Spot[] {
  const known = renamed.get(identifier.name);
  if (known === undefined) renamed.set(identifier.name, { to, uses: new Set([identifier]) });
  else known.uses.add(identifier);
  return [{ start: identifier.start!, end: identifier.end!, text: to }];
}
