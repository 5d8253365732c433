// `npm test`: makes a fresh clone ready and hands over to test/run.ts, which needs a Node that reads TypeScript.
import { fail } from "./steps.mjs";
import { runScript, setup } from "./setup.mjs";

process.exit(await setup().then((node) => runScript(node, "test/run.ts", process.argv.slice(2)), fail));
