/** What a run of one exported function came to. */
export interface Outcome {
  readonly name: string;
  /** The described result, or the error it threw. */
  readonly result: string;
  /** What it printed. */
  readonly printed: string;
}

export interface TracedOutcome extends Outcome {
  /** Adjoints by reverse mode and by central differences, where the result is a number. */
  readonly gradient?: readonly { readonly input: string; readonly reverse: number; readonly numeric: number }[];
  readonly findings: readonly string[];
}

/** Calls a function and waits for it; what it prints is kept. */
export async function outcomeOf(name: string, call: () => unknown, show: (value: unknown) => string): Promise<Outcome> {
  const write = process.stdout.write.bind(process.stdout);
  let printed = "";
  process.stdout.write = (text: string | Uint8Array) => {
    printed += typeof text === "string" ? text : Buffer.from(text).toString();
    return true;
  };
  try {
    return { name, result: show(await call()), printed };
  } catch (error) {
    return { name, result: `threw ${show(error)}`, printed };
  } finally {
    process.stdout.write = write;
  }
}

export function functionsOf(namespace: object): [string, (...values: unknown[]) => unknown][] {
  return Object.entries(namespace).filter((entry): entry is [string, () => unknown] => typeof entry[1] === "function");
}
