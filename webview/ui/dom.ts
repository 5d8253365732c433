/** Elements without markup strings: nothing here is ever parsed as HTML, and no attribute is a style (the CSP forbids it). */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined;

/** An HTML element. An attribute that is `false` or undefined is left out; `true` makes it present and empty. */
export function html<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes?: Attributes,
  ...children: Child[]
): HTMLElementTagNameMap[Name];
export function html(name: string, attributes?: Attributes, ...children: Child[]): HTMLElement;
export function html(name: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  return fill(document.createElement(name), attributes, children);
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function fill<Kind extends Element>(element: Kind, attributes: Attributes, children: readonly Child[]): Kind {
  setAttributes(element, attributes);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function icon(name: string): HTMLElement {
  return html("span", { class: `codicon codicon-${name}`, "aria-hidden": "true" });
}

/** Whether the person's system allows movement that is not asked for. */
export function motionAllowed(): boolean {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Calls `run` once, `delay` ms after the last call. */
export function debounced<Arguments extends unknown[]>(delay: number, run: (...args: Arguments) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args: Arguments): void => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), delay);
  };
}
