/** The parts of a traced parameter. */
import type { Structure } from "../language/runtime/parameters.ts";

/** Undefined where nothing is known of it. */
export function elementOf(value: Structure | undefined, index: number): Structure | undefined {
  if (value === undefined || value.kind === "tensor") return undefined;
  return value.kind === "array" ? (value.elements[index] ?? value.elements[0]) : undefined;
}

export function propertyOf(value: Structure | undefined, name: string): Structure | undefined {
  return value?.kind === "object" ? value.entries.find(([key]) => key === name)?.[1] : undefined;
}

/** How many arrays are around its numbers or tensors; undefined where they do not all stand equally deep. */
export function depthOf(value: Structure): number | undefined {
  if (value.kind === "number" || value.kind === "tensor") return 0;
  if (value.kind !== "array" || value.elements.length === 0) return undefined;
  const depths = new Set(value.elements.map(depthOf));
  const [depth] = depths;
  return depths.size === 1 && depth !== undefined ? depth + 1 : undefined;
}

/** What the innermost arrays hold; undefined where there is nothing in them. */
export function leafKindOf(value: Structure): "number" | "tensor" | undefined {
  if (value.kind === "number" || value.kind === "tensor") return value.kind;
  const [first] = value.kind === "array" ? value.elements : [];
  return first && leafKindOf(first);
}
