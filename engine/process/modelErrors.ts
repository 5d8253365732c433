/** From what a model threw to one sentence at the place where it was thrown. */
import { inspect } from "node:util";
import { CustomRuleError } from "../differentiate/custom.ts";
import type { InstrumentedFile } from "../language/instrument/instrumentedFile.ts";
import { TransformError } from "../library/transforms/errors.ts";
import { withoutInsertedCalls } from "../language/load/positions.ts";
import { ChangedInPlaceError } from "../language/runtime/heldData.ts";
import { plainCopy } from "../language/runtime/plainCopy.ts";
import { ParameterError } from "../language/runtime/parameterValues.ts";
import { isArgumentError } from "../primitives/argumentErrors.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { NotDifferentiableError, UnsolvableError } from "../primitives/unsolvable.ts";
import type { SiteTable } from "../tape/site.ts";
import { TapeLimitError } from "../tape/tape.ts";
import { TracedNumber } from "../tape/tensor.ts";
import type { Diagnostic, FunctionOutline, SourceRange } from "./protocol.ts";
import { rangeOf } from "./report/functionRun.ts";
import { placeInStack, placeOfRecursion, placeOfThrow } from "./stackPlaces.ts";

export interface ErrorContext {
  readonly outline: FunctionOutline;
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  readonly sites: SiteTable;
  /** Of the operation before the error. */
  readonly site: number;
}

/** What was thrown while `context.outline` ran. */
export function diagnoseError(thrown: unknown, context: ErrorContext): Diagnostic {
  const { name } = context.outline;
  const own = context.outline.source.file;
  const place = thrown instanceof Error ? placeInStack(thrown.stack ?? "", context.sources, own) : undefined;
  const atSite = context.site > 0 ? rangeOf(context.sites.get(context.site)) : undefined;
  const found = (code: string, message: string, source: SourceRange | undefined): Diagnostic => ({
    code,
    severity: "error",
    message,
    source: source ?? context.outline.nameSource,
  });

  if (thrown instanceof TapeLimitError) {
    const limit = Math.round(thrown.limitBytes / 2 ** 20);
    const message = `Tracing ${name} was stopped because its tape outgrew ${limit} MiB: do fewer operations or raise the limit.`;
    return found("tape-limit", message, atSite);
  }
  if (thrown instanceof ParameterError) return found("parameter-mismatch", thrown.message, undefined);
  if (thrown instanceof CustomRuleError)
    return found("custom-rule", thrown.message, thrown.site > 0 ? rangeOf(context.sites.get(thrown.site)) : atSite);
  if (thrown instanceof ChangedInPlaceError) return changedInPlace(thrown, found, place, context.sites);
  if (thrown instanceof TransformError) return found(thrown.code, thrown.message, place ?? atSite);
  if (thrown instanceof ShapeError) return found("shape-mismatch", sentence(thrown.message), place ?? atSite);
  if (isArgumentError(thrown)) return found("invalid-argument", sentence(thrown.message), place ?? atSite);
  if (thrown instanceof UnsolvableError) return found("unsolvable", sentence(thrown.message), place ?? atSite);
  if (thrown instanceof NotDifferentiableError) {
    const own = thrown.site > 0 ? rangeOf(context.sites.get(thrown.site)) : undefined;
    return found("not-differentiable", sentence(thrown.message), own ?? place ?? atSite);
  }
  if (isStackOverflow(thrown)) {
    const message = `${name} calls itself, directly or in a circle, deeper than the stack goes: end the recursion sooner or write it as a loop.`;
    return found("stack-overflow", message, placeOfRecursion((thrown as Error).stack ?? "", context.sources) ?? place);
  }
  if (thrown instanceof RangeError && /allocation failed|Invalid string length/.test(thrown.message)) {
    const message = `${name} asks for more memory than there is (${thrown.message}).`;
    return found("memory-limit", message, place);
  }
  if (thrown instanceof Error) {
    const what =
      thrown.message === "" ? thrown.name : `${thrown.name}: ${oneLine(withoutInsertedCalls(thrown.message))}`;
    return found("model-error", `${name} threw ${sentence(what)}`, place ?? atSite);
  }
  return found("model-error", `${name} threw ${describeThrown(thrown)}.`, placeOfThrow(thrown, context.sources));
}

function changedInPlace(
  { what, operation, isResult, site }: ChangedInPlaceError,
  found: (code: string, message: string, source: SourceRange | undefined) => Diagnostic,
  place: SourceRange | undefined,
  sites: SiteTable,
): Diagnostic {
  const source = site > 0 ? rangeOf(sites.get(site)) : undefined;
  const where = source === undefined ? operation : `${operation} on line ${source.line}`;
  const gave = operation === "input" ? "it is a parameter" : `it is what ${where} gave`;
  const why = isResult ? gave : `${where} has used it`;
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}, because ${why} and the backward pass counts on its values: make a new tensor instead, with scatterSet or where for example.`;
  const diagnostic = found("changed-in-place", sentence, place);
  return source === undefined ? diagnostic : { ...diagnostic, related: [{ message: "It was used here.", source }] };
}

function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message === "Maximum call stack size exceeded";
}

function describeThrown(thrown: unknown): string {
  if (typeof thrown === "string") return `the text ${JSON.stringify(thrown)}`;
  if (thrown instanceof TracedNumber) return `the number ${thrown.primal}, which is no Error`;
  if (typeof thrown === "object" && thrown !== null) return `${shown(thrown)}, which is no Error`;
  return `the value ${String(thrown)}`;
}

const longestShown = 120;

/** An object as code would write it, in one line. */
function shown(thrown: object): string {
  const text = oneLine(
    inspect(plainCopy(thrown), { depth: 1, breakLength: Infinity, maxArrayLength: 5, getters: false }),
  );
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Ends with a full stop. */
export function sentence(text: string): string {
  const line = oneLine(text);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
