/** What might mend a finding: one file for each kind of change. */
import { flows, normsAlong, type Flow } from "../diagnose/flow.ts";
import type { Candidate } from "../diagnose/flowCandidates.ts";
import type { Subject } from "../diagnose/subject.ts";
import { finiteFrom } from "../diagnose/verdict.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import type { Site } from "../tape/site.ts";
import { guard, logSoftmax } from "./guard.ts";
import { Program } from "./program.ts";
import type { FlowPlace, Measure, Proposal, Proposals } from "./proposal.ts";
import { rectify } from "./rectify.ts";
import { rescale } from "./rescale.ts";
import { soften } from "./soften.ts";

/** For the `index`-th vanishing or exploding gradient of a function. */
export function proposeForFlow(subject: Subject, name: string, index: number): Proposals | undefined {
  const flow = flows(subject)[index];
  const source = subject.sources.get(subject.file);
  if (flow === undefined || source === undefined) return undefined;
  const program = new Program(subject.file, source.text);
  const proposals = [rectify(program, subject, name, flow), rescale(program, name, subject.parameters, flow)];
  return {
    measure: measureOf(subject, flow),
    proposals: proposals.filter((each): each is Proposal => each !== undefined),
  };
}

/** For a value or gradient that is not finite, and the operation that made it so. */
export function proposeForNonFinite(subject: Subject, source: SourceRange): Proposals | undefined {
  const text = subject.sources.get(subject.file)?.text;
  if (text === undefined) return undefined;
  const program = new Program(subject.file, text);
  const exact = [guard(program, source), logSoftmax(program, source)].filter((proposal) => proposal !== undefined);
  const softened = exact.length > 0 ? undefined : soften(program, source);
  return { measure: { kind: "gradient" }, proposals: softened === undefined ? exact : [softened] };
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

function candidateAt({ sites }: Subject, along: FlowPlace): Candidate | undefined {
  if ("family" in along) return along;
  const { file, line, column, endLine, endColumn } = along.source;
  for (const [site, found] of sites.entries())
    if (
      found.kind === "expression" &&
      found.file === file &&
      found.line === line &&
      found.column === column &&
      found.endLine === endLine &&
      found.endColumn === endColumn
    )
      return { site };
  return undefined;
}
