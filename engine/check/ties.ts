import type { Adjoints } from "../differentiate/reverse.ts";
import { Direction, type Part } from "./evaluation.ts";
import type { ParameterElements } from "./elements.ts";
import type { DirectionCheck, ElementCheck } from "./report.ts";
import type { Ballot } from "./votes.ts";

/**
 * Elements that are on a kink with each other, moved together. By itself each may have any adjoint between those of its two
 * sides; but all of them in step keep the tie, the function is smooth along that, and its derivative is the sum of their
 * adjoints. Two winners of a maximum that both get the whole cotangent are told by it, and by nothing else. Undefined where
 * fewer than two are tied, or where there is a kink on that way, too.
 */
export async function checkTie(
  parameters: readonly ParameterElements[],
  checked: readonly ElementCheck[],
  adjoints: Adjoints,
  ballot: Ballot,
): Promise<DirectionCheck | undefined> {
  const tied = checked.filter(({ kink, verdict }) => verdict === "kink" && kink?.distance === 0);
  const [first] = tied;
  if (first === undefined || tied.length < 2) return undefined;
  const keys = new Set(tied.map(keyOf));
  const parts: Part[] = [];
  let reverse = 0;
  for (const parameter of parameters) {
    const moves = (k: number): number => Number(keys.has(keyOf(parameter.element(k))));
    const { direction, reverse: own } = parameter.together(0, parameter.length, moves, adjoints);
    parts.push(...direction.parts);
    reverse += own;
  }
  const votes = await ballot.votes(new Direction(parts), reverse);
  if (votes.verdict !== "wrong" || votes.kink !== undefined) return undefined;
  return { name: first.name, elements: tied.length, ...votes, tie: first.kink! };
}

function keyOf({ name, index }: Pick<ElementCheck, "name" | "index">): string {
  return `${name}[${index.join()}]`;
}
