import type { Contribution, NodeDetails } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";
import { rangeOf } from "./functionRun.ts";
import { nodeHistograms } from "./hover.ts";
import { existing, nodeReport } from "./nodes.ts";
import { ruleOf } from "./ruleText.ts";
import { scopeLabel } from "./scopeLabels.ts";

/** Contributions told one by one; the rest is added up in one more entry. */
const mostContributions = 200;
const linesAround = 3;

export function details(run: FunctionRun, number: number): NodeDetails {
  const node = existing(run, number);
  return {
    ...nodeReport(run, node),
    text: run.text(node, 120),
    scopes: scopesOf(run, node),
    rule: ruleOf(run, node),
    from: comingFrom(run, node),
    to: goingTo(run, node),
    ...nodeHistograms(run, node),
    excerpt: excerptOf(run, node),
  };
}

function scopesOf(run: FunctionRun, node: number): NodeDetails["scopes"] {
  const { scopes } = run.tape;
  const around = [];
  for (let scope = run.tape.scope[node]!; scope > 0; scope = scopes.parent(scope))
    around.unshift({ label: scopeLabel(run, scope), source: rangeOf(run.sites.get(scopes.site(scope))) });
  return around;
}

function comingFrom(run: FunctionRun, node: number): readonly Contribution[] {
  const uses = run.edges
    .usesOf(node)
    .filter(({ user }) => run.adjoints.reached(user))
    .map(({ user, edge }) => contribution(run, user, run.edges.contribution[edge]!));
  const seed = { node, label: "seed", op: "seed", line: run.line(node), amount: 1 };
  return limited(node === run.output ? [seed, ...uses] : uses);
}

function goingTo(run: FunctionRun, node: number): readonly Contribution[] {
  const { start, input, contribution: amounts } = run.edges;
  const entries: Contribution[] = [];
  for (let edge = start[node]!; edge < start[node + 1]!; edge++)
    entries.push(contribution(run, input[edge]!, amounts[edge]!));
  return limited(entries);
}

function contribution(run: FunctionRun, node: number, amount: number): Contribution {
  return { node, label: run.label(node), op: run.operation(node), line: run.line(node), amount };
}

/** The largest, in the order of execution, and the sum of all others. */
function limited(entries: readonly Contribution[]): readonly Contribution[] {
  if (entries.length <= mostContributions) return entries;
  const bySize = entries.toSorted((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
  const shown = new Set(bySize.slice(0, mostContributions));
  const rest = bySize.slice(mostContributions);
  const amount = rest.reduce((sum, entry) => sum + entry.amount, 0);
  return [...entries.filter((entry) => shown.has(entry)), { ...rest[0]!, label: `${rest.length} more`, amount }];
}

function excerptOf(run: FunctionRun, node: number): NodeDetails["excerpt"] {
  const { file, line, endLine } = run.source(node);
  const lines = run.sources.get(file)?.text.split(/\r?\n/) ?? [];
  const firstLine = Math.max(1, line - linesAround);
  return { firstLine, lines: lines.slice(firstLine - 1, Math.min(endLine, line + linesAround) + linesAround) };
}
