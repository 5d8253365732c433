/** Copies a drawing with the styles that the page's style sheets give it written into its attributes. */

const written = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "font-style",
  "text-anchor",
  "display",
] as const;

/** A copy of `drawing` without its pan and zoom, and without what only the page needs. */
export function frameless(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = drawing.querySelectorAll("*");
  const copies = [...copy.querySelectorAll("*")];
  for (const [i, original] of originals.entries()) {
    const style = getComputedStyle(original);
    const target = copies[i]!;
    for (const name of written) {
      const value = style.getPropertyValue(name);
      if (value !== "" && value !== "normal" && !(name === "stroke-dasharray" && value === "none"))
        target.setAttribute(name, value);
    }
    for (const { name } of [...target.attributes]) {
      if (/^(class|id|role|style|data-|aria-)/.test(name)) target.removeAttribute(name);
    }
  }
  copy.querySelector("g")?.removeAttribute("transform");
  for (const hidden of copy.querySelectorAll('[display="none"]')) hidden.remove();
  copy.removeAttribute("class");
  copy.removeAttribute("role");
  return copy;
}
