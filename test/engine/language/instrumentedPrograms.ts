// Runs the program named on the command line instrumented, without a trace.
import { createRuntime } from "../../../engine/language/createRuntime.ts";
import { loadModel } from "../../../engine/language/load.ts";
import { originalFunctionText } from "../../../engine/language/moduleHooks.ts";
import { SiteTable } from "../../../engine/tape/site.ts";

const { runtime } = createRuntime({ originalText: originalFunctionText });
await loadModel({ file: process.argv[2]!, runtime, sites: new SiteTable(), library: {} });
