import { recording } from "../../tape/recording.ts";
import type { SiteTable } from "../../tape/site.ts";
import { scaling } from "./bitScaling.ts";
import { bitwiseOperators } from "./bitwise.ts";
import { installArrays } from "./builtins/array.ts";
import { installStructuredClone } from "./builtins/clone.ts";
import { installCollections } from "./builtins/collections.ts";
import { installDataView } from "./builtins/dataView.ts";
import { installFloatArrays } from "./builtins/floatArray.ts";
import { installFunctions } from "./builtins/function.ts";
import { installJSON } from "./builtins/json.ts";
import { installMath } from "./builtins/math.ts";
import { installNode } from "./builtins/node.ts";
import { installNumbers } from "./builtins/number.ts";
import { installObjects } from "./builtins/object.ts";
import { installText } from "./builtins/text.ts";
import { installTypedArrays } from "./builtins/typedArray.ts";
import * as comparisons from "./comparisons.ts";
import { construction } from "./construct.ts";
import { Decoration, ExperimentalDecoration } from "./decorators.ts";
import { Findings, type Finding } from "./findings.ts";
import { EvaluatedTexts, installGeneratedFunctions } from "./generatedFunctions.ts";
import { installLeakDetector } from "./leaks.ts";
import { shareTypedArrays } from "./libraryArrays.ts";
import { memberAccess } from "./members.ts";
import { reportNoNumbers } from "./noNumbers.ts";
import { reportNumbersReadBack } from "./numberTexts.ts";
import { observe } from "./observe.ts";
import * as operators from "./operators.ts";
import { primal } from "./primals.ts";
import type { Runtime } from "./runtime.ts";
import { scopes } from "./scopes.ts";
import { takingApart } from "./takenApart.ts";
import { TracedCalls } from "./tracedCalls.ts";

export interface RuntimeOptions {
  /** The sites of the program; those of functions that it makes from text are added. Without it, they run as they are. */
  readonly sites?: SiteTable;
  /** The text that a function of the program was written with, from the text it runs with. */
  readonly originalText?: (generated: string) => string | undefined;
}

export interface InstalledRuntime {
  /** What instrumented code calls. */
  readonly runtime: Runtime;
  /** Arms the calls that the engine makes itself. */
  readonly calls: TracedCalls;
  /** What was noticed so far, once for each place; `clear` before each run. */
  readonly findings: { readonly list: readonly Finding[]; clear(): void };
}

/**
 * Makes the runtime and replaces the builtins that traced values go through. To be called once, in the process that
 * belongs to the program, before the program is loaded: from then on the language's own functions take traced numbers.
 */
export function createRuntime(options: RuntimeOptions = {}): InstalledRuntime {
  const findings = new Findings();
  const calls = new TracedCalls();
  installLeakDetector(findings);
  reportNumbersReadBack(findings);
  reportNoNumbers(findings);
  const texts = new EvaluatedTexts(options.sites);
  installFunctions((generated) => options.originalText?.(generated) ?? texts.originalText(generated));
  const math = installMath();
  const globals = installNumbers(findings);
  installObjects();
  installArrays();
  installTypedArrays();
  installFloatArrays();
  shareTypedArrays();
  installCollections();
  installText();
  installJSON();
  installDataView(findings);
  installStructuredClone();
  installNode();
  if (options.sites !== undefined) installGeneratedFunctions(options.sites);
  const runtime: Runtime = Object.freeze({
    add: operators.add,
    sub: operators.sub,
    mul: operators.mul,
    div: operators.div,
    mod: operators.mod,
    pow: operators.pow,
    neg: operators.neg,
    plus: operators.plus,
    numeric: operators.numeric,
    increment: operators.increment,
    decrement: operators.decrement,
    ...bitwiseOperators(findings),
    less: comparisons.less,
    lessEqual: comparisons.lessEqual,
    greater: comparisons.greater,
    greaterEqual: comparisons.greaterEqual,
    looseEqual: comparisons.looseEqual,
    strictEqual: comparisons.strictEqual,
    truth: comparisons.truth,
    typeOf: comparisons.typeOf,
    primal,
    ...memberAccess(findings),
    ...takingApart(),
    math,
    globals,
    last<T>(site: number, argument: T): T {
      recording.site = site;
      return argument;
    },
    evaluated: texts.evaluated,
    construct: construction(findings),
    scaling,
    decoration: (decorators: readonly unknown[]) => new Decoration(decorators),
    decorate: <T>(decorators: readonly unknown[], make: (decoration: Decoration) => T) =>
      make(new Decoration(decorators)),
    experimentalDecoration: () => new ExperimentalDecoration(),
    ...scopes,
    observe,
    parameter: calls.parameter,
  });
  return { runtime, calls, findings };
}
