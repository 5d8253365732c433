/** A package that is there only where somebody has installed it. Undefined where it is not. */
export async function installed(name: string): Promise<unknown> {
  try {
    // Not for the bundler, nor for TypeScript: neither of them has it.
    return (await import(name)) as unknown;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
