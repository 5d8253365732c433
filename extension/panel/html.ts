/** The page that the panel loads. */
export interface PageAssets {
  readonly nonce: string;
  /** `webview.cspSource` */
  readonly source: string;
  readonly script: string;
  readonly styles: readonly string[];
  /** Where the page has one. */
  readonly layoutWorker?: string;
}

/**
 * Nothing but what the package itself brings, and nothing from text: no `unsafe-inline`, no `unsafe-eval`. A worker can only
 * start from a blob of a script that the page has fetched.
 */
export function page({ nonce, source, script, styles, layoutWorker }: PageAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `font-src ${source}`,
    `img-src ${source} data: blob:`,
    `connect-src ${source}`,
    "worker-src blob:",
  ].join("; ");
  const worker = layoutWorker === undefined ? "" : ` data-layout-worker="${layoutWorker}"`;
  const links = styles.map((style) => `<link rel="stylesheet" nonce="${nonce}" href="${style}">`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<title>Adjoint</title>
${links.join("\n")}
</head>
<body${worker}>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
