import type { Limits } from "./protocol.ts";

/** What one run may take before it is ended. */
export const defaultLimits: Limits = {
  wallClockMs: 10_000,
  memoryBytes: 2 * 2 ** 30,
  tapeBytes: 2 ** 30,
};

export function limitsOf(wanted: Partial<Limits> | undefined): Limits {
  return { ...defaultLimits, ...wanted };
}
