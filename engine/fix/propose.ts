/** What might mend a finding: one file for each kind of change. */
import { findingOf } from "../diagnose/gradientFlow.ts";
import { flows, normsAlong, type Flow } from "../diagnose/flow.ts";
import type { Candidate } from "../diagnose/flowCandidates.ts";
import { isSaturated } from "../diagnose/saturatedActivation.ts";
import { operationOf, type Subject } from "../diagnose/subject.ts";
import { layersOf } from "../diagnose/units.ts";
import { finiteFrom } from "../diagnose/verdict.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import type { Site } from "../tape/site.ts";
import { desaturate } from "./desaturate.ts";
import { deviation } from "./deviation.ts";
import { guard, logSoftmax } from "./guard.ts";
import { Program } from "./program.ts";
import type { FlowPlace, Measure, Proposal, Proposals } from "./proposal.ts";
import { rectify } from "./rectify.ts";
import { rescale } from "./rescale.ts";
import { leak, unbias } from "./revive.ts";
import { scaleScores, scaleWrittenScores } from "./scaleScores.ts";
import { soften } from "./soften.ts";

/** For a vanishing or exploding gradient of a function, by the kind and place of its finding. */
export function proposeForFlow(
  subject: Subject,
  name: string,
  told: { readonly code: string; readonly source: SourceRange },
): Proposals | undefined {
  const site = siteAt(subject, told.source);
  const flow = flows(subject).find((each) => {
    const finding = findingOf(subject, each);
    return finding.code === told.code && finding.site === site;
  });
  const program = programAt(subject, subject.file);
  if (flow === undefined || program === undefined) return undefined;
  return proposed(subject, measureOf(subject, flow), [
    rectify(program, subject, name, flow),
    rescale(program, name, subject.parameters, flow),
  ]);
}

/** For a value or gradient that is not finite, and the operation that made it so. */
export function proposeForNonFinite(subject: Subject, source: SourceRange, node?: number): Proposals | undefined {
  const program = programAt(subject, source.file);
  if (program === undefined) return undefined;
  const measure: Measure = { kind: "gradient" };
  const exact = [guard(program, source), logSoftmax(program, source)].filter((proposal) => proposal !== undefined);
  if (exact.length > 0) return proposed(subject, measure, exact);
  const softened = soften(program, source);
  if (softened !== undefined) return proposed(subject, measure, [softened]);
  const normalised = node === undefined ? undefined : deviation((file) => programAt(subject, file), subject, node);
  return proposed(subject, measure, [normalised]);
}

/** For units that are 0 for all examples, where the activation stands at `source`. */
export function proposeForDead(subject: Subject, name: string, source: SourceRange): Proposals | undefined {
  const site = siteAt(subject, source);
  const [model, program] = [programAt(subject, subject.file), programAt(subject, source.file)];
  if (model === undefined || program === undefined || site === undefined) return undefined;
  const layers = layersOf(subject).filter((layer) => layer.activation === "relu" && layer.site === site);
  const measure: Measure = { kind: "count", of: "units" };
  return proposed(subject, measure, [unbias(model, subject, name, layers), leak(program, source)]);
}

/** For a softmax whose rows are held by one entry each, or units that are saturated: where they stand, and where they are told. */
export function proposeForSaturated(
  subject: Subject,
  name: string,
  source: SourceRange,
  told: SourceRange,
): Proposals | undefined {
  const [model, program] = [programAt(subject, subject.file), programAt(subject, source.file)];
  const site = siteAt(subject, source);
  if (model === undefined || program === undefined || site === undefined) return undefined;
  const units = layersOf(subject).filter((layer) => layer.activation !== "relu" && layer.site === site);
  if (units.length > 0) {
    // Healthy layers that a shared function makes at the same place stay as they are.
    const saturated = units.filter(isSaturated);
    const mended = saturated.length > 0 ? saturated : units;
    return proposed(subject, { kind: "count", of: "outputs" }, [
      desaturate(model, subject, name, mended),
      unbias(model, subject, name, mended),
    ]);
  }
  const { tape, output } = subject;
  const rows: Measure = { kind: "count", of: "rows" };
  for (let node = 0; node <= output; node++) {
    if (tape.site[node] !== site) continue;
    if (operationOf(subject, node) === "softmax")
      return proposed(subject, rows, [scaleScores(program, subject, source, node)]);
    if (operationOf(subject, node) !== "div") continue;
    const caller = told === source ? undefined : programAt(subject, told.file);
    return proposed(subject, rows, [scaleWrittenScores(program, subject, node, caller?.callAt(told), caller)]);
  }
  return undefined;
}

/** A file of the program; undefined where it is none of the person's own. */
function programAt({ sources }: Subject, file: string): Program | undefined {
  const text = /[\\/]node_modules[\\/]/.test(file) ? undefined : sources.get(file)?.text;
  return text === undefined ? undefined : new Program(file, text);
}

function proposed(subject: Subject, measure: Measure, found: readonly (Proposal | undefined)[]): Proposals {
  const proposals = found.filter((each) => each !== undefined);
  const files = new Set(proposals.flatMap(({ edits }) => edits.map(({ source }) => source.file)));
  files.delete(subject.file);
  const texts = Object.fromEntries([...files].map((file) => [file, subject.sources.get(file)!.text]));
  return { measure, proposals, texts };
}

function measureOf({ sites }: Subject, { candidate, circumstances, element }: Flow): Measure {
  return {
    kind: "flow",
    along: "family" in candidate ? candidate : { source: rangeOf(sites.get(candidate.site)) },
    station: circumstances.kind === "layers" ? "layer 1" : "step 1",
    ...(element === undefined ? {} : { element }),
  };
}

function rangeOf({ file, line, column, endLine, endColumn }: Site): SourceRange {
  return { file, line, column, endLine, endColumn };
}

/**
 * ln of the adjoint's norm at the first station, and against the last. Where the norm runs out of the range of numbers on
 * its way, the rest of the way is taken to go on as the part within it does.
 */
export function measureFlow(
  subject: Subject,
  { along, element }: Extract<Measure, { kind: "flow" }>,
): { readonly first: number; readonly total: number } | undefined {
  const candidate = candidateAt(subject, along);
  const norms = candidate && normsAlong(subject, candidate, element);
  if (norms === undefined || norms.length < 2) return undefined;
  const finite = norms.slice(finiteFrom(norms));
  if (finite.length < 2) return undefined;
  const total = (finite[0]! - finite.at(-1)!) * ((norms.length - 1) / (finite.length - 1));
  return { first: norms[0]!, total };
}

function candidateAt(subject: Subject, along: FlowPlace): Candidate | undefined {
  if ("family" in along) return along;
  const site = siteAt(subject, along.source);
  return site === undefined ? undefined : { site };
}

function siteAt({ sites }: Subject, { file, line, column, endLine, endColumn }: SourceRange): number | undefined {
  for (const [site, found] of sites.entries())
    if (
      found.kind === "expression" &&
      found.file === file &&
      found.line === line &&
      found.column === column &&
      found.endLine === endLine &&
      found.endColumn === endColumn
    )
      return site;
  return undefined;
}
