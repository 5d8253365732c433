// `npm start`: makes a fresh clone ready and hands over to test/host/start.ts, which needs a Node that reads TypeScript.
import { fail } from "./steps.mjs";
import { runScript, setup } from "./setup.mjs";

process.exit(await setup().then((node) => runScript(node, "test/host/start.ts", process.argv.slice(2)), fail));
