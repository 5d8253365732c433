/** One start of VS Code: which folder it opens, and in which state. */
export interface Run {
  readonly name: string;
  /** Folders of this repository; a fresh copy of each stands in the workspace under its own name. */
  readonly workspace: readonly string[];
  /** False: the workspace opens in Restricted Mode. */
  readonly trusted: boolean;
  /** True: the extension comes from the packaged VSIX, not from the source folder. */
  readonly packaged: boolean;
  /** True: made only where its name is asked for, since it measures and tells. */
  readonly asked?: boolean;
  /** A person's settings in this run. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A test file named `hover.test.ts` belongs to the first run; one named `hover.untrusted.test.ts` to the run of that name. */
export const runs: readonly Run[] = [
  { name: "main", workspace: ["examples", "test/workspaces/models"], trusted: true, packaged: false },
  { name: "untrusted", workspace: ["examples", "test/workspaces/models"], trusted: false, packaged: false },
  { name: "fresh", workspace: ["test/workspaces/fresh"], trusted: true, packaged: false },
  { name: "vsix", workspace: ["examples"], trusted: true, packaged: true },
  { name: "bench", workspace: ["examples"], trusted: true, packaged: false, asked: true },
];

/** The run that `file` belongs to. */
export function runOf(file: string): Run | undefined {
  const name = /\.(\w+)\.test\.ts$/.exec(file)?.[1] ?? "main";
  return runs.find((run) => run.name === name);
}
