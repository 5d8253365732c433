/** Between the engine's places, which count from 1, and VS Code's, which count from 0. */
import * as vscode from "vscode";
import type { Position, SourceRange } from "../engine/process/protocol.ts";

export function toPosition({ line, column }: Position): vscode.Position {
  return new vscode.Position(Math.max(line - 1, 0), Math.max(column - 1, 0));
}

export function fromPosition({ line, character }: vscode.Position): Position {
  return { line: line + 1, column: character + 1 };
}

export function toRange({ line, column, endLine, endColumn }: SourceRange): vscode.Range {
  return new vscode.Range(toPosition({ line, column }), toPosition({ line: endLine, column: endColumn }));
}

export function toLocation(source: SourceRange): vscode.Location {
  return new vscode.Location(vscode.Uri.file(source.file), toRange(source));
}
