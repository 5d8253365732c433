/** The engine process. What it needs is compiled once and kept by Node, so that the next one starts sooner. */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./serve.ts");
