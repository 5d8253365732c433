/** Which files and functions are models. */
import type * as vscode from "vscode";
import type { FunctionOutline, Outline } from "../engine/process/protocol.ts";
import { languages } from "./ids.ts";

/** Whether Adjoint looks at this document at all. */
export function isModelFile(document: vscode.TextDocument): boolean {
  const { languageId, uri } = document;
  if (uri.scheme !== "file" || !(languages as readonly string[]).includes(languageId)) return false;
  return !/[\\/]node_modules[\\/]|\.d\.[cm]?ts$/.test(uri.fsPath);
}

/** A function without parameters has no gradient: nobody wrote it as a model. */
export function isModel(outline: FunctionOutline): boolean {
  return outline.traceable && outline.parameters.length > 0;
}

export function hasModel(outline: Outline): boolean {
  return outline.functions.some(isModel);
}

/** What `defineModel` made can be trained. */
export function trainableModels({ functions }: Outline): readonly FunctionOutline[] {
  return functions.filter(({ model }) => model === true);
}

/** A file that uses the library means to be a model, even where nothing in it can be traced yet. */
export function importsLibrary(document: vscode.TextDocument): boolean {
  return /\bfrom\s*["']adjoint["']/.test(document.getText());
}
