import { isLibraryLoop, type Candidate, type Outcome } from "../../memory/checkpoints.ts";
import type { CheckpointAdvice, PolicyReport } from "../../memory/report.ts";
import type { Usage } from "../../memory/usage.ts";
import type { Work } from "../../memory/work.ts";
import { formatBytes } from "../format.ts";
import { rangeOf, shorten, type FunctionRun } from "./functionRun.ts";
import { callLabel, turnLabel } from "./scopeLabels.ts";

/** What a checkpoint of one function or loop would save and cost. */
export function checkpointAdvice(run: FunctionRun, candidate: Candidate, asItIs: Usage, work: Work): CheckpointAdvice {
  const { repeated, outcomes } = candidate;
  const { site, kind, stretches } = repeated;
  const { scopes } = run.tape;
  const place = run.sites.get(site);
  const turns = stretches.map(({ scope }) => scopes.iteration(scope));
  const [first, last] = turns.reduce(([a, b], turn) => [Math.min(a, turn), Math.max(b, turn)], [Infinity, -1]);
  return {
    label: kind === "call" ? callLabel(run, place) : turnLabel(run, place, first, last),
    source: rangeOf(place),
    kind,
    repeats: stretches.length,
    policies: outcomes.map((outcome) => policyReport(run, candidate, outcome, asItIs, work)),
  };
}

function policyReport(
  run: FunctionRun,
  candidate: Candidate,
  { policy, keptBytes, peakForward, peakBackward, workAgain }: Outcome,
  asItIs: Usage,
  work: Work,
): PolicyReport {
  const extraWork = (work.again + workAgain) / Math.max(1, work.forward);
  const everything = policy === "everything";
  const text = everything
    ? `As it is, ${formatBytes(keptBytes)} are kept, and the peak is ${formatBytes(peakBackward)}.`
    : `Keeps ${formatBytes(keptBytes)} in place of ${formatBytes(asItIs.keptBytes)}; ${peakText(asItIs.backward.bytes, peakBackward)}; ${costText(extraWork)}`;
  return {
    policy,
    ...(everything ? {} : { code: codeOf(run, candidate, policy) }),
    keptBytes,
    peakForward,
    peakBackward,
    extraWork,
    text,
  };
}

/** Gradients, and what one part takes while it is computed again, may outweigh what is saved. */
function peakText(before: number, after: number): string {
  const [was, is] = [formatBytes(before), formatBytes(after)];
  if (was === is) return `the peak stays at ${is}`;
  return `the peak ${after < before ? "falls" : "rises"} from ${was} to ${is}`;
}

function costText(extraWork: number): string {
  const percent = extraWork * 100;
  if (percent === 0) return "nothing that takes work is computed again.";
  const share = percent < 1 ? "less than 1" : String(Math.round(percent));
  return `the backward pass computes ${share} % of the forward pass again.`;
}

function codeOf(run: FunctionRun, { repeated }: Candidate, policy: Outcome["policy"]): string {
  const place = run.sites.get(repeated.site);
  const written =
    typeof policy === "string"
      ? `"${policy}"`
      : "names" in policy
        ? `{ names: [${policy.names.map((name) => JSON.stringify(name)).join(", ")}] }`
        : `{ bytes: ${policy.bytes} }`;
  if (isLibraryLoop(repeated, run.tape)) {
    const called = /^[\w.$]+/.exec(shorten(run.siteText(place), 200))?.[0] ?? "scan";
    return `${called}(…, { checkpoint: ${written} })`;
  }
  const options = policy === "nothing" ? "" : `, { policy: ${written} }`;
  if (repeated.kind === "loop")
    return policy === "sqrt" ? 'foriLoop(from, to, body, start, { checkpoint: "sqrt" })' : `checkpoint(body${options})`;
  const label = callLabel(run, place);
  const name = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(label) ? label : "f";
  return policy === "sqrt" ? `checkpoint([${name}, ${name}, …]${options})` : `checkpoint(${name}${options})`;
}
