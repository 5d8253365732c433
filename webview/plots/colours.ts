/** The theme's colours as a canvas takes them. They change in place when a person chooses another theme. */

const probe = document.createElement("span");
probe.hidden = true;

/** `colour`: any CSS colour, custom properties and mixtures included. */
export function resolvedColour(colour: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = colour;
  return getComputedStyle(probe).color;
}

/** Calls `changed` when the theme does, until the signal aborts. */
export function onThemeChange(changed: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(() => requestAnimationFrame(changed));
  // VS Code writes the theme's variables to the root, and its kind and name to the body.
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class", "data-vscode-theme-id"] });
  signal.addEventListener("abort", () => observer.disconnect());
}
