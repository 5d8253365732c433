/** What ends the command early, with the sentence to say and the code to exit with. */
export class Problem extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.name = "Problem";
    this.exitCode = exitCode;
  }
}

/** All is well. */
export const success = 0;
/** The model has a problem. */
export const modelProblem = 1;
/** Bad usage, or input that cannot be read. */
export const badUsage = 2;

export function usageError(message: string): Problem {
  return new Problem(message, badUsage);
}
