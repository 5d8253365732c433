/** The engine process. What it needs is compiled once and kept by Node, so that the next one starts sooner. */
import { enableCompileCache, flushCompileCache } from "node:module";

enableCompileCache();
await import("./serve.ts");
// These processes are killed, never ended: nothing is kept at their exit.
setImmediate(flushCompileCache);
