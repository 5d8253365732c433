import type { Site } from "../../tape/site.ts";
import { shorten, type FunctionRun } from "./functionRun.ts";

/** What a call or one turn of a loop is called: "layer", "i = 3", "turn 4". */
export function scopeLabel(run: FunctionRun, scope: number): string {
  const site = run.sites.get(run.tape.scopes.site(scope));
  const iteration = run.tape.scopes.iteration(scope);
  return iteration < 0 ? callLabel(run, site) : turnLabel(run, site, iteration, iteration);
}

export function callLabel(run: FunctionRun, site: Site): string {
  if (site.name !== undefined) return site.name;
  const text = run.siteText(site);
  const named =
    /^(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*\*?\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(text);
  return named?.[1] ?? (text === "" ? "call" : shorten(text, 24));
}

/** Of the turns `first` to `last`, which count from 0. */
export function turnLabel(run: FunctionRun, site: Site, first: number, last: number): string {
  const counter = counterOf(run.siteText(site));
  const name = counter === undefined ? (first === last ? "turn" : "turns") : `${counter.name} =`;
  const at = (turn: number): number => (counter === undefined ? turn + 1 : counter.start + counter.step * turn);
  return first === last ? `${name} ${at(first)}` : `${name} ${at(first)} … ${at(last)}`;
}

/** The counter of `for (let i = 0; …; i++)` where its values follow from the text. */
function counterOf(text: string): { readonly name: string; readonly start: number; readonly step: number } | undefined {
  const head =
    /^for\s*\(\s*(?:let|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\s*:\s*number)?\s*=\s*(-?\d+)\s*[;,]/u.exec(
      text,
    );
  if (head === null) return undefined;
  const [, name, start] = head as unknown as [string, string, string];
  const variable = name.replaceAll("$", "\\$");
  const step = new RegExp(
    `;\\s*(?:${variable}(\\+\\+|--)|(\\+\\+|--)${variable}|${variable}\\s*([+-])=\\s*(\\d+))\\s*\\)`,
  ).exec(text);
  if (step === null) return undefined;
  const sign = (step[1] ?? step[2] ?? step[3])!.startsWith("-") ? -1 : 1;
  return { name, start: Number(start), step: sign * Number(step[4] ?? 1) };
}
