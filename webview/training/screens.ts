/** What fills the page while there are no curves. */
import { actLabels } from "../../extension/training/texts.ts";
import type { Empty, Starting } from "../../extension/training/protocol.ts";
import { html, icon } from "../ui/dom.ts";
import { button, progressRing } from "../ui/toolkit.ts";
import type { PageEvents } from "./page.ts";

export function emptyScreen({ reason, title, text, offer }: Empty, { act }: PageEvents): HTMLElement {
  const picture = reason === "untrusted" ? "shield" : "graph-line";
  const label = offer === "train" ? "Train" : offer && actLabels[offer];
  const press = offer && button({ label: label!, primary: true, press: () => act(offer) });
  return html("div", { class: "centred" }, icon(picture), html("h2", {}, title), html("p", {}, text), press);
}

export function startingScreen({ doing }: Starting): HTMLElement {
  return html("div", { class: "centred" }, progressRing(), html("p", {}, doing));
}
