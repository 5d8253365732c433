/** What this process keeps for itself before a program runs in it, and what that program may see of the process. */
import { writeSync } from "node:fs";
import { lastWordsDescriptor, type LastWords } from "./channel.ts";
import type { SourceRange } from "./protocol.ts";

export interface OwnProcess {
  /** The channel to the parent, for vscode-jsonrpc. */
  readonly channel: NodeJS.Process;
  /** What is being traced. */
  now: string | undefined;
  /** Where the program was, from a stack. */
  placeOf: (stack: string) => SourceRange | undefined;
  /** Rejects when the program throws where nobody catches it: in a callback, or in a promise that nobody awaits. */
  crashed(): Promise<never>;
  /** From here on the process looks like one that was started with `file`. */
  hide(file: string): void;
}

export function ownProcess(): OwnProcess {
  const { exit, abort } = process;
  const send = process.send!.bind(process);
  const on = process.on.bind(process);
  const off = process.off.bind(process);
  let crash: { readonly error: unknown } | undefined;
  let waiting: ((error: unknown) => void)[] = [];
  const crashWith = (error: unknown): void => {
    crash ??= { error };
    for (const reject of waiting) reject(error);
    waiting = [];
  };
  process.on("uncaughtException", crashWith);
  process.on("unhandledRejection", crashWith);
  process.on("disconnect", () => exit.call(process, 0));

  const own: OwnProcess = {
    channel: { on, off, send } as unknown as NodeJS.Process,
    now: undefined,
    placeOf: () => undefined,
    crashed: () =>
      new Promise((_, reject) => {
        if (crash === undefined) waiting.push(reject);
        else reject(crash.error as Error);
      }),
    hide(file) {
      process.argv = [process.execPath, file];
      delete process.env["ELECTRON_RUN_AS_NODE"];
      // A program that finds `send` thinks that it was forked to serve someone.
      delete process.send;
      const leaving = (call: string, leave: () => never) => (): never => {
        const source = own.placeOf(new Error().stack ?? "");
        const words: LastWords = {
          code: "process-exited",
          call,
          ...(own.now === undefined ? {} : { function: own.now }),
          ...(source === undefined ? {} : { source }),
        };
        writeSync(lastWordsDescriptor, `${JSON.stringify(words)}\n`);
        return leave();
      };
      process.exit = leaving("process.exit()", () => exit.call(process, 1));
      process.abort = leaving("process.abort()", () => abort.call(process));
    },
  };
  return own;
}
