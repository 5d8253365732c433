/** The whole graph as a picture of its own: SVG with every style written out, or PNG. */
import { svg } from "../ui/dom.ts";
import { frameless } from "./styles.ts";
import type { GraphView } from "./view.ts";

/** Device pixels per unit of the drawing in a PNG. */
const sharpness = 2;
/** Browsers refuse larger canvases. */
const longestSide = 8192;
const margin = 16;

export function svgPicture(view: GraphView): string {
  const { layout } = view;
  if (!layout) throw new Error("There is no graph to export.");
  const { width, height } = layout.size;
  // Zoomed out, the page leaves out what cannot be read there.
  const { distance } = view.svg.dataset;
  view.svg.dataset["distance"] = "near";
  const copy = frameless(view.svg);
  view.svg.dataset["distance"] = distance;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute(
    "viewBox",
    `${String(-margin)} ${String(-margin)} ${String(width + 2 * margin)} ${String(height + 2 * margin)}`,
  );
  copy.setAttribute("width", String(width + 2 * margin));
  copy.setAttribute("height", String(height + 2 * margin));
  const background = svg("rect", { x: -margin, y: -margin, width: "100%", height: "100%" });
  background.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(background);
  return new XMLSerializer().serializeToString(copy);
}

export async function pngPicture(view: GraphView): Promise<Uint8Array> {
  const text = svgPicture(view);
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const scale = Math.min(sharpness, longestSide / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(image.width * scale);
    canvas.height = Math.ceil(image.height * scale);
    const context = canvas.getContext("2d")!;
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("The picture is too large for a PNG: export it as SVG.");
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(address);
  }
}
