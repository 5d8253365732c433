import {
  measureFlow,
  proposeForDead,
  proposeForFlow,
  proposeForNonFinite,
  proposeForSaturated,
} from "../../fix/propose.ts";
import { deadRelu } from "../../diagnose/deadRelu.ts";
import type { Finding } from "../../diagnose/finding.ts";
import { saturatedActivation } from "../../diagnose/saturatedActivation.ts";
import { stuckOutputs } from "../../diagnose/stuckOutputs.ts";
import type { Subject } from "../../diagnose/subject.ts";
import { saturatedSoftmax } from "../../diagnose/saturatedSoftmax.ts";
import { layersOf } from "../../diagnose/units.ts";
import type { SourceRange } from "../../language/instrument/sourceReport.ts";
import type { Diagnostic, Measure, Measurement, Proposals } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";
import { norm } from "./summaries.ts";
import { inputsOf } from "../../language/runtime/parameters.ts";

/** What might mend the finding at `index` of `diagnostics`; undefined where nothing is known against its kind. */
export function proposals(run: FunctionRun, index: number, diagnostics: readonly Diagnostic[]): Proposals | undefined {
  const told = diagnostics[index];
  // What stands in a function that several places share is told at its call, and mended where it stands.
  const origin = told?.data?.["origin"] as SourceRange | undefined;
  const found = told && origin ? { ...told, source: origin } : told;
  if (found?.code === "non-finite") {
    const node = found.data?.["node"];
    return proposeForNonFinite(run.subject, found.source, typeof node === "number" ? node : undefined);
  }
  if (found?.code === "dead-relu") return proposeForDead(run.subject, run.name, found.source);
  if (found?.code === "saturated-activation")
    return proposeForSaturated(run.subject, run.name, found.source, told?.source ?? found.source);
  if (found === undefined || !isFlow(found)) return undefined;
  return proposeForFlow(run.subject, run.name, found);
}

const isFlow = ({ code }: Diagnostic): boolean => code === "vanishing-gradient" || code === "exploding-gradient";

function countedFindings(subject: Subject, { of }: Extract<Measure, { kind: "count" }>): Finding[] {
  if (of === "rows") return saturatedSoftmax(subject);
  const layers = layersOf(subject);
  if (of === "units") return deadRelu(subject, layers);
  return [...saturatedActivation(subject, layers), ...stuckOutputs(subject, layers)];
}

export function measure(run: FunctionRun, wanted: Measure): Measurement | undefined {
  if (wanted.kind === "flow") {
    const found = measureFlow(run.subject, wanted);
    return found && { value: Math.exp(found.first), excess: found.total };
  }
  if (wanted.kind === "count") {
    const { subject } = run;
    const found = countedFindings(subject, wanted);
    const value = found.reduce((sum, { data }) => sum + Number(data["dead"] ?? data["held"] ?? data["saturated"]), 0);
    return { value, excess: value };
  }
  const inputs = run.parameters.flatMap(({ structure }) => inputsOf(structure));
  const value = norm(
    inputs.map((node) => {
      const adjoint = run.adjoint(node);
      return typeof adjoint === "number" ? adjoint : norm(adjoint.data);
    }),
  );
  return { value, excess: Number.isFinite(value) ? 0 : Infinity };
}
