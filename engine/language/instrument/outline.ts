import type * as t from "@babel/types";
import {
  exportedFunctions,
  isThis,
  isTraceable,
  mayBeDifferentiable,
  whyUnsuited,
  type ExportedFunction,
} from "./exportedFunctions.ts";
import { exportedModels, type ExportedModel } from "./exportedModels.ts";
import { LineTable } from "./lineTable.ts";
import { parse, SourceSyntaxError } from "./parse.ts";
import type { Diagnostic, FunctionOutline, Outline } from "./sourceReport.ts";

/** What a file exports that can be differentiated, and what is wrong with its syntax. Reads nothing but the text. */
export function outline(file: string, text: string): Outline {
  try {
    const { program, problems } = parse(file, text);
    return outlineOf(file, text, program, problems);
  } catch (error) {
    if (error instanceof SourceSyntaxError) return { functions: [], diagnostics: [error.diagnostic] };
    throw error;
  }
}

export function outlineOf(file: string, text: string, program: t.Program, problems: readonly Diagnostic[]): Outline {
  const lines = new LineTable(text);
  const all = exportedFunctions(program);
  const exported = all.filter(({ node }) => mayBeDifferentiable(node));
  const unsuited = all
    .filter(({ node }) => !mayBeDifferentiable(node))
    .map(({ name, node, nameRange }) => {
      const nameSource = lines.range(file, nameRange.start, nameRange.end);
      return { name, nameSource, reason: whyUnsuited(node) };
    });
  const functions = [
    ...exported.map((item) => functionOutline(file, lines, text, item)),
    ...exportedModels(program).map((item) => modelOutline(file, lines, item)),
  ].sort((a, b) => a.source.line - b.source.line || a.source.column - b.source.column);
  const noneTraceable = !functions.some(({ traceable }) => traceable);
  const withoutDefaults = functions
    .filter(
      ({ traceable, parameters }) => !traceable && (noneTraceable || parameters.some(({ hasDefault }) => hasDefault)),
    )
    .map(missingDefault);
  return {
    functions,
    diagnostics: [...problems, ...withoutDefaults],
    ...(unsuited.length === 0 ? {} : { unsuited }),
  };
}

function functionOutline(file: string, lines: LineTable, text: string, item: ExportedFunction): FunctionOutline {
  const { name, node, nameRange, statement } = item;
  return {
    name,
    source: lines.range(file, statement.start!, node.end!),
    nameSource: lines.range(file, nameRange.start, nameRange.end),
    parameters: node.params.flatMap((parameter) => {
      if (parameter.type === "RestElement" || isThis(parameter)) return [];
      const pattern = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
      return [
        {
          name: pattern.type === "Identifier" ? pattern.name : patternText(pattern, text),
          hasDefault: parameter.type === "AssignmentPattern",
          source: lines.range(file, parameter.start!, parameter.end!),
        },
      ];
    }),
    traceable: isTraceable(node),
  };
}

function modelOutline(file: string, lines: LineTable, item: ExportedModel): FunctionOutline {
  const { name, node, nameRange, statement } = item;
  const nameSource = lines.range(file, nameRange.start, nameRange.end);
  return {
    name,
    source: lines.range(file, statement.start!, node.end!),
    nameSource,
    parameters: [{ name: "parameters", hasDefault: true, source: nameSource }],
    traceable: true,
    model: true,
  };
}

/** `{ a, b }` without its type, in one line. */
export function patternText(pattern: t.Node, text: string): string {
  const { typeAnnotation } = pattern as { typeAnnotation?: t.Node | null };
  return text
    .slice(pattern.start!, typeAnnotation?.start ?? pattern.end!)
    .replace(/\s+/g, " ")
    .replace(/[\s?]+$/, "");
}

function missingDefault({ name, parameters }: FunctionOutline): Diagnostic {
  const parameter = parameters.find(({ hasDefault }) => !hasDefault)!;
  return {
    code: "parameter-without-default",
    severity: "information",
    message: `${name} cannot be traced as it stands: give ${parameter.name} a default, such as \`${parameter.name} = 1\`, to say where.`,
    source: parameter.source,
  };
}
