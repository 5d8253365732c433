/** Bytes as every table of the memory writes them: rounded, all digits on hover, and a bar of their share. */
import { describeBytes, formatBytes } from "../format.ts";
import { html, svg } from "../ui/dom.ts";

export function bytesFigure(bytes: number): HTMLElement {
  return html("span", { title: describeBytes(bytes) }, formatBytes(bytes));
}

/** `most`: the bytes of a full bar. */
export function bytesBar(bytes: number, most: number): SVGSVGElement {
  const share = most > 0 ? Math.min(1, bytes / most) : 0;
  return svg(
    "svg",
    { class: "bytes-bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", width: 100, height: 4 }),
    svg("rect", { class: "share", width: Math.round(share * 1000) / 10, height: 4 }),
  );
}
