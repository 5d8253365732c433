import { mainFlow } from "../../diagnose/gradientFlow.ts";
import type { FlowReport } from "../../diagnose/flowReport.ts";
import type { FunctionRun } from "./functionRun.ts";

/** How the adjoint's norm goes along the longest chain of layers or steps; undefined where the run has none. */
export function flow({ tape, adjoints, sites, sources, output, outline }: FunctionRun): FlowReport | undefined {
  return mainFlow({ tape, adjoints, sites, sources, output, parameters: [], file: outline.source.file });
}
