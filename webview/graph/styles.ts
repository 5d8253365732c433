/** Copies a drawing with the styles that the page's style sheets give it written into its attributes. */

const shape = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
];
const writing = ["font-family", "font-size", "font-weight", "text-anchor", "paint-order"];

/** What is written for each kind of element; all others only hold these. */
const written: Readonly<Record<string, readonly string[]>> = {
  rect: shape,
  path: shape,
  text: [...shape, ...writing],
};

/** What an element is without the attribute. */
const initial: Readonly<Record<string, string>> = {
  "fill-opacity": "1",
  stroke: "none",
  "stroke-width": "1px",
  "stroke-dasharray": "none",
  "stroke-linecap": "butt",
  "stroke-linejoin": "miter",
  "text-anchor": "start",
  "paint-order": "normal",
};

/** A copy of `drawing` without its pan and zoom, and without what only the page needs. */
export function frameless(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const copies = [...copy.querySelectorAll("*")];
  const unseen: Element[] = [];
  for (const [i, original] of [...drawing.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(original);
    const target = copies[i]!;
    if (style.display === "none" || original.classList.contains("toggle")) unseen.push(target);
    for (const { name } of [...target.attributes]) {
      if (/^(class|id|role|style|data-|aria-)/.test(name)) target.removeAttribute(name);
    }
    for (const name of written[original.localName] ?? []) {
      const value = style.getPropertyValue(name);
      if (value === initial[name]) target.removeAttribute(name);
      else target.setAttribute(name, name === "fill" || name === "stroke" ? plainColour(value) : value);
    }
  }
  for (const element of unseen) element.remove();
  copy.querySelector("g")?.removeAttribute("transform");
  for (const { name } of [...copy.attributes]) copy.removeAttribute(name);
  return copy;
}

/** Mixed colours are computed as color(srgb 0.7 0.4 0.2), which few other programs read. */
function plainColour(colour: string): string {
  const parts = /^color\(srgb ([\d.e+-]+) ([\d.e+-]+) ([\d.e+-]+)(?: \/ ([\d.]+))?\)$/.exec(colour);
  if (!parts) return colour;
  const [red, green, blue] = parts.slice(1, 4).map((part) => Math.round(Math.min(1, Math.max(0, Number(part))) * 255));
  const opacity = parts[4];
  const rgb = `${String(red)}, ${String(green)}, ${String(blue)}`;
  return opacity === undefined ? `rgb(${rgb})` : `rgba(${rgb}, ${opacity})`;
}
