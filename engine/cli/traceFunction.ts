import type { EngineClient, TraceSession } from "../process/client.ts";
import type { FunctionTrace, TraceRequest } from "../process/protocol.ts";
import { firstDifferentiable, mentionOthers, type ModelArguments } from "./arguments.ts";

export interface PointArguments extends ModelArguments {
  /** Parameters by name, in place of their defaults. */
  readonly at: TraceRequest["at"] | undefined;
}

export interface TracedModel {
  readonly request: TraceRequest & { readonly text: string };
  readonly session: TraceSession;
  /** The function that is meant; undefined where the file has none. */
  readonly name: string | undefined;
  readonly traced: FunctionTrace | undefined;
  readonly milliseconds: number;
}

/** Traces the function that is named, else the first differentiable one, and says which were left out. `doing`: "Tracing". */
export async function traceFunction(
  engine: EngineClient,
  wanted: PointArguments,
  { file, text }: { readonly file: string; readonly text: string },
  doing: string,
): Promise<TracedModel> {
  const outline = await engine.outline(file, text);
  const first = wanted.function ?? firstDifferentiable(outline);
  const request = {
    file,
    text,
    ...(first === undefined ? {} : { functions: [first] }),
    ...(wanted.at === undefined ? {} : { at: wanted.at }),
    limits: wanted.limits,
  };
  const begun = Date.now();
  const session = await engine.trace(request);
  const milliseconds = Date.now() - begun;
  const { summary } = session;
  // Functions of other files that this one exports are known only once it has been loaded.
  const name = first ?? summary.functions[0]?.function;
  if (wanted.function === undefined && !wanted.json) mentionOthers(doing, summary.outline, name);
  const traced = summary.functions.find((candidate) => candidate.function === name);
  return { request, session, name, traced, milliseconds };
}
