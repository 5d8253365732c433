#!/usr/bin/env node
// The `adjoint` command as it was built; in a clone where nothing is built yet, what has to be run first.
import { existsSync } from "node:fs";

const built = new URL("../dist/cli.mjs", import.meta.url);

if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write("Nothing is built in this clone yet: run `node scripts/setup.mjs` once, then this again.\n");
  process.exitCode = 2;
}
