/**
 * The controls that look like VS Code's own. The one place that knows where they come from: @vscode/webview-ui-toolkit,
 * which is no longer developed and so must be easy to replace.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from "@vscode/webview-ui-toolkit";
import { html, icon } from "./dom.ts";

export type Dropdown = HTMLElement & { value: string };
export type TextField = HTMLElement & { value: string };

/** Must run before the page's `load` event: the toolkit reads the theme then. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

interface ButtonOptions {
  readonly label: string;
  readonly icon?: string;
  /** Shows the icon alone, with the label for screen readers and as a tooltip. */
  readonly iconOnly?: boolean;
  readonly primary?: boolean;
  readonly tooltip?: string;
  readonly press: () => void;
}

export function button({
  label,
  icon: name,
  iconOnly = false,
  primary = false,
  tooltip,
  press,
}: ButtonOptions): HTMLElement {
  const appearance = iconOnly ? "icon" : primary ? "primary" : "secondary";
  const element = html("vscode-button", { appearance, title: tooltip ?? (iconOnly ? label : undefined) });
  if (iconOnly) element.setAttribute("aria-label", label);
  if (name !== undefined) {
    const picture = icon(name);
    if (!iconOnly) picture.slot = "start";
    element.append(picture);
  }
  if (!iconOnly) element.append(label);
  element.addEventListener("click", press);
  return element;
}

/** Through the property: the attribute alone is lost where it changes twice before the control draws itself. */
export function setPrimary(element: HTMLElement, primary: boolean): void {
  (element as HTMLElement & { appearance: string }).appearance = primary ? "primary" : "secondary";
}

export function dropdown(label: string, changed: (value: string) => void): Dropdown {
  const element = html("vscode-dropdown", { "aria-label": label }) as Dropdown;
  element.addEventListener("change", () => changed(element.value));
  return element;
}

export function setOptions(
  element: Dropdown,
  options: readonly { value: string; text: string }[],
  current: string,
): void {
  // Another file's function may have the same name: what an option says counts as well as what it stands for.
  const known = [...element.querySelectorAll("vscode-option")].map(
    (option) => `${option.getAttribute("value")} ${option.textContent}`,
  );
  if (known.join("\n") !== options.map(({ value, text }) => `${value} ${text}`).join("\n")) {
    element.replaceChildren(...options.map(({ value, text }) => html("vscode-option", { value }, text)));
  }
  element.value = current;
}

export function textField(attributes: Readonly<Record<string, string>>): TextField {
  return html("vscode-text-field", attributes) as TextField;
}

export function progressRing(): HTMLElement {
  return html("vscode-progress-ring", { "aria-hidden": "true" });
}
