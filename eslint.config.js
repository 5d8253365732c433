import tseslint from "typescript-eslint";

/** The floors of the house, lowest first. A folder imports only from itself and from folders earlier in this list. */
const floors = [
  "engine/tape",
  "engine/primitives",
  "engine/differentiate",
  "engine/library",
  "engine/language",
  "engine/execute",
  "engine/diagnose",
  "engine/memory",
  "engine/check",
  "engine/train",
  "engine/export",
  "engine/fix",
  "engine/process",
  "engine/trial",
  "engine/cli",
];

const host = ["vscode"];
const node = ["node:*", "fs", "path", "child_process", "module", "worker_threads", "os", "url"];

/** What stands in `folder` may not import any of `patterns`. */
function forbid(folder, patterns, message) {
  return {
    files: [`${folder}/**/*.ts`],
    rules: { "no-restricted-imports": ["error", { patterns: [{ group: patterns, message }] }] },
  };
}

const layers = floors.map((folder, index) =>
  forbid(
    folder,
    [
      ...floors.slice(index + 1).map((above) => `**/${above.split("/")[1]}/**`),
      "**/extension/**",
      "**/webview/**",
      ...host,
      ...(index < floors.indexOf("engine/language") ? node : []),
    ],
    `${folder} may import only from the floors below it (see floors in eslint.config.js).`,
  ),
);

export default tseslint.config(
  {
    ignores: [
      "dist/**",
      "**/node_modules/**",
      "test/fixtures/**",
      "test/workspaces/**",
      "test-results/**",
      ".vscode-host/**",
      "**/*.js",
      "**/*.mjs",
      "**/*.cjs",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // An index that the loop bounds is known to be in range; `!` says so where the types cannot.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { boolean: true } }],
      // node:test returns promises that the runner itself awaits.
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", name: ["test", "describe", "it"], package: "node:test" }] },
      ],
    },
  },
  ...layers,
  forbid("extension", ["**/webview/!(protocol*)"], "extension/ talks to webview/ only in the panel's protocol."),
  forbid(
    "webview",
    [
      ...node,
      ...host,
      "**/engine/*/**",
      "!**/engine/process/**",
      "!**/engine/execute/executor.ts",
      "!**/engine/execute/program.ts",
      "!**/engine/execute/gpuKernels",
      "!**/engine/execute/gpuKernels/**",
    ],
    "webview/ never imports Node, VS Code or the engine, except for what it says and the kernels that it runs.",
  ),
);
