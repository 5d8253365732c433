/** The command from its sources, in a process of its own, for the tests of this folder. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const command = fileURLToPath(new URL("../../../engine/cli/main.ts", import.meta.url));

/** Without what would make the command's own process a test. */
export const environment = { ...process.env, NODE_TEST_CONTEXT: undefined };

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const mostOutput = 2 ** 28;

/** Runs `adjoint` with these arguments in a folder, to its end. */
export function runCommand(args: readonly string[], cwd?: string): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd, env: environment, maxBuffer: mostOutput };
    execFile(process.execPath, [command, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
