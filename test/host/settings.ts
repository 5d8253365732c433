/**
 * What a person's settings are in the VS Code that this project starts: nothing moves, asks, updates or reports by itself, so
 * that what is on the screen is the editor and Adjoint.
 */
export const calmSettings: Readonly<Record<string, unknown>> = {
  // In a browser VS Code saves by itself after a second; nobody expects that of a desktop.
  "files.autoSave": "off",
  // The address names a file to open: without this a reload would open it alone, and the graph would be gone.
  "window.restoreWindows": "preserve",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "update.showReleaseNotes": false,
  "git.openRepositoryInParentFolders": "never",
  "npm.fetchOnlinePackageInfo": false,
  "typescript.disableAutomaticTypeAcquisition": true,
  "typescript.surveys.enabled": false,
};
