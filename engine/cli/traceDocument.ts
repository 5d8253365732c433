import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Diagnostic, Fix, NodeReport, SourceRange, Summary } from "../process/protocol.ts";
import type { Outcome } from "./trace.ts";

/** Nodes asked for and written at a time. */
const nodesAtATime = 10_000;

/** The one JSON document of `adjoint trace --json`. Written in parts, since a trace may have a million nodes. */
export async function writeDocument(outcome: Outcome, stream: Writable): Promise<void> {
  const { traced, session, nameOf } = outcome;
  const write = async (text: string): Promise<void> => {
    if (!stream.write(text)) await once(stream, "drain");
  };
  const head = {
    file: nameOf(outcome.file),
    ...(traced === undefined ? {} : { function: traced.function, value: traced.value, gradient: traced.gradient }),
  };
  await write(`${json(head).slice(0, -1)},"nodes":[`);
  if (traced?.value !== undefined && session !== undefined) {
    for (let from = 0; ; from += nodesAtATime) {
      const nodes = await session.ask("nodes", { function: traced.function, from, count: nodesAtATime });
      const text = nodes.map((node) => nodeText(node, nameOf)).join(",\n");
      if (nodes.length > 0) await write(from === 0 ? text : `,\n${text}`);
      if (nodes.length < nodesAtATime) break;
    }
  }
  const tail = {
    diagnostics: outcome.diagnostics.map((diagnostic) => named(diagnostic, nameOf)),
    ...(traced === undefined ? {} : { tape: traced.tape, time: traced.time }),
  };
  await write(`],${json(tail).slice(1)}\n`);
}

/** Without `json`'s look at every part, which for a million nodes takes a quarter of a minute. */
function nodeText(node: NodeReport, nameOf: (file: string) => string): string {
  const named = { ...node, source: namedRange(node.source, nameOf) };
  return isFinite(node.value) && isFinite(node.adjoint) ? JSON.stringify(named) : json(named);
}

function isFinite(summary: Summary): boolean {
  return typeof summary === "number" ? Number.isFinite(summary) : summary.finite && Number.isFinite(summary.norm);
}

function named(diagnostic: Diagnostic, nameOf: (file: string) => string): Diagnostic {
  const { related, fixes } = diagnostic;
  return {
    ...diagnostic,
    ...(fixes === undefined ? {} : { fixes: fixes.map((fix) => namedFix(fix, nameOf)) }),
    source: namedRange(diagnostic.source, nameOf),
    ...(related === undefined
      ? {}
      : { related: related.map((entry) => ({ ...entry, source: namedRange(entry.source, nameOf) })) }),
  };
}

function namedFix(fix: Fix, nameOf: (file: string) => string): Fix {
  return { ...fix, edits: fix.edits.map(({ source, text }) => ({ source: namedRange(source, nameOf), text })) };
}

function namedRange(source: SourceRange, nameOf: (file: string) => string): SourceRange {
  return { ...source, file: nameOf(source.file) };
}

/** JSON has no NaN and no infinities: they are text. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "number" && !Number.isFinite(part) ? String(part) : part,
  );
}
