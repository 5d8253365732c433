export const root: string;
export const hostFolder: string;
export class SetupError extends Error {}
export function fail(error: unknown): never;
export function npm(args: string[], options?: { cwd?: string; advice?: string }): Promise<string>;
export function step<T>(title: string, work: () => Promise<T>): Promise<T>;
