/** What this process keeps for itself before a program runs in it, and what that program may see of the process. */
import { writeSync } from "node:fs";
import { lastWordsDescriptor, type LastWords } from "./channel.ts";
import type { SourceRange } from "./protocol.ts";

export interface OwnProcess {
  /** The channel to the parent, for vscode-jsonrpc. */
  readonly channel: NodeJS.Process;
  /** Says what is traced from now on, in a way that a sudden end cannot lose. */
  readonly running: (name: string) => void;
  /** Where the program was, from a stack. */
  placeOf: (stack: string) => SourceRange | undefined;
  /** Rejects when the program throws where nobody catches it: in a callback, or in a promise that nobody awaits. */
  readonly crashed: () => Promise<never>;
  /** From here on the process looks like one that was started with `file`. */
  hide(file: string): void;
}

export function ownProcess(): OwnProcess {
  const exit = process.exit.bind(process);
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
  process.on("disconnect", () => exit(0));

  const own: OwnProcess = {
    channel: { on, off, send } as unknown as NodeJS.Process,
    running: (name) => speak({ function: name }),
    placeOf: () => undefined,
    crashed: () =>
      new Promise((_, reject: (error: unknown) => void) => {
        if (crash === undefined) waiting.push(reject);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a program may throw anything
        else reject(crash.error);
      }),
    hide(file) {
      process.argv = [process.execPath, file];
      delete process.env["ELECTRON_RUN_AS_NODE"];
      // A program that finds `send` thinks that it was forked to serve someone.
      delete process.send;
      const leaving = (call: string) => (): never => {
        const source = own.placeOf(new Error().stack ?? "");
        speak({ code: "process-exited", call, ...(source === undefined ? {} : { source }) });
        // Nothing of ours may run or write any more.
        process.kill(process.pid, "SIGKILL");
        for (;;);
      };
      process.exit = leaving("process.exit()");
      process.abort = leaving("process.abort()");
    },
  };
  return own;
}

function speak(words: Partial<LastWords>): void {
  writeSync(lastWordsDescriptor, `${JSON.stringify(words)}\n`);
}
