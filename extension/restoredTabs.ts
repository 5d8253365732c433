import * as vscode from "vscode";

/**
 * Tabs of webviews that a reload of the window has brought back and nobody has looked at since: VS Code makes their pages only
 * when they are shown, and until then nothing but the tab is there. For a caller that knows of no page of its own of that
 * `title`, which then need not open twice.
 */
export function restoredTabs(viewType: string, title?: string): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input, label }) =>
        input instanceof vscode.TabInputWebview &&
        // VS Code puts a word of its own before the type.
        input.viewType.endsWith(viewType) &&
        (title === undefined || label === title),
    );
}
