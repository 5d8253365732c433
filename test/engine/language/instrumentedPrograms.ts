// Runs the program named on the command line instrumented, without a trace.
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import { loadModel } from "../../../engine/language/load/load.ts";
import { originalFunctionText } from "../../../engine/language/load/moduleHooks.ts";
import { SiteTable } from "../../../engine/tape/site.ts";

const { runtime } = createRuntime({ originalText: originalFunctionText });
await loadModel({ file: process.argv[2]!, runtime, sites: new SiteTable(), library: {} });
