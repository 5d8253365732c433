/** Every name that package.json and the code must agree on. A test holds package.json to it. */

export const extensionId = "adjoint.adjoint";

export const commands = {
  trace: "adjoint.traceFunction",
  retrace: "adjoint.retrace",
  stop: "adjoint.stop",
  showGraph: "adjoint.showGraph",
  showMemory: "adjoint.showMemory",
  check: "adjoint.checkGradients",
  train: "adjoint.train",
  continueTraining: "adjoint.continueTraining",
  stopTraining: "adjoint.stopTraining",
  showTraining: "adjoint.showTraining",
  revealInGraph: "adjoint.revealInGraph",
  showFinding: "adjoint.showFinding",
  goTo: "adjoint.goTo",
  previewFix: "adjoint.previewFix",
  applyFix: "adjoint.applyFix",
  toggleInlayValues: "adjoint.toggleInlayValues",
  setUpWorkspace: "adjoint.setUpWorkspace",
  showActions: "adjoint.showActions",
  showLog: "adjoint.showLog",
  restartEngine: "adjoint.restartEngine",
  openWalkthrough: "adjoint.openWalkthrough",
} as const;

/** Called from links and lenses with arguments; not for the palette. */
export const hiddenCommands: readonly string[] = [
  commands.revealInGraph,
  commands.showFinding,
  commands.goTo,
  commands.previewFix,
  commands.applyFix,
  commands.showActions,
];

export const views = { panel: "adjoint.panel", training: "adjoint.training" } as const;

export const walkthrough = "start";

export const testController = "adjoint.gradients";

/** What `when` clauses read. */
export const contexts = {
  /** The active editor holds a function that can be traced. */
  hasModel: "adjoint.hasModel",
  tracing: "adjoint.tracing",
  /** The active editor holds a model that can be trained. */
  hasTrainable: "adjoint.hasTrainable",
  /** A model is being trained. */
  isTraining: "adjoint.isTraining",
} as const;

/** Of the documents that show a file with a fix applied. */
export const fixScheme = "adjoint-fix";

export const colors = { value: "adjoint.value", adjoint: "adjoint.adjoint", mark: "adjoint.markBackground" } as const;

export const languages = ["typescript", "javascript"] as const;

export const settingsSection = "adjoint";
