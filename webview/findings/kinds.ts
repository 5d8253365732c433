/** The figures behind a finding, for each kind what it has. */
import type { Diagnostic } from "../../engine/process/protocol.ts";
import { figures, heading, linkButton, type DetailsEvents } from "../details/parts.ts";
import { formatExactly, formatNumber } from "../format.ts";
import { html } from "../ui/dom.ts";

type Data = Readonly<Record<string, unknown>>;

export function figuresOf({ code, data = {} }: Diagnostic, digits: number, events: DetailsEvents): HTMLElement[] {
  switch (code) {
    case "vanishing-gradient":
    case "exploding-gradient":
      return flowFigures(data, digits);
    case "non-finite":
      return nonFinite(data, digits, events);
    case "dead-relu":
      return units(data, "dead", digits, events);
    case "saturated-activation":
      return units(data, "saturated", digits, events);
    case "severed-gradient":
      return [
        figures([
          { name: "parameter", figure: typeof data["parameter"] === "string" ? data["parameter"] : "", kind: "plain" },
          ...number("elements", data["elements"], digits),
        ]),
      ];
    default:
      return [];
  }
}

function flowFigures(data: Data, digits: number): HTMLElement[] {
  const unit = data["kind"] === "layers" ? "layer" : "step";
  return [
    figures([
      ...number(`a ${unit}`, data["perStep"], digits, "×"),
      ...number("from the last back to the first", data["factor"], digits, "×"),
    ]),
  ];
}

const kinds: Readonly<Record<string, string>> = {
  domain: "outside of the domain",
  overflow: "too large for a number",
  operand: "it was given so",
};

/** Which operation, of which numbers, in which pass. */
function nonFinite(data: Data, digits: number, events: DetailsEvents): HTMLElement[] {
  const { node, pass, operation, kind, operands, cotangent, derivative, index, execution, executions } = data;
  const list = Array.isArray(operands) ? operands : [];
  const at = Array.isArray(index) && index.length > 0 ? `[${index.join(", ")}]` : "";
  const rows = [
    { name: "in the", figure: `${String(pass)} pass`, kind: "plain" as const },
    { name: "operation", figure: String(operation), kind: "plain" as const },
    ...(typeof kind === "string" ? [{ name: "what", figure: kinds[kind] ?? kind, kind: "plain" as const }] : []),
    ...(at === "" ? [] : [{ name: "element", figure: at, kind: "plain" as const }]),
    ...list.flatMap((operand, i) =>
      number(list.length === 1 ? "operand" : `operand ${String(i + 1)}`, operand, digits, "", "value"),
    ),
    ...number("cotangent v̄", cotangent, digits, "", "adjoint"),
    ...number("local derivative", derivative, digits, "", "adjoint"),
    ...number("result", data["result"], digits, "", "value"),
    ...(Number(executions) > 1
      ? [
          {
            name: "execution",
            figure: `${formatNumber(Number(execution))} of ${formatNumber(Number(executions))}`,
            kind: "plain" as const,
          },
        ]
      : []),
  ];
  const show =
    typeof node === "number"
      ? [
          html(
            "div",
            {},
            linkButton("Show the operation in the graph", "Select its card", () => events.selectNode(node)),
          ),
        ]
      : [];
  return [figures(rows), ...show];
}

interface LayerShare {
  readonly node: number;
  readonly units: number;
  readonly dead?: number;
  readonly share?: number;
}

/** How large a share of each layer's units does nothing. */
function units(data: Data, what: "dead" | "saturated", digits: number, events: DetailsEvents): HTMLElement[] {
  const layers = (Array.isArray(data["perLayer"]) ? data["perLayer"] : []) as readonly LayerShare[];
  const rows = layers.map((layer, i) => {
    const { node, units: all, dead, share = (dead ?? 0) / all } = layer;
    const name = layers.length === 1 ? "the layer" : `layer ${String(i + 1)} of these`;
    const meter = html("meter", { min: 0, max: 1, value: share, title: formatExactly(share) });
    const words = dead === undefined ? `${formatNumber(100 * share, 3)} %` : `${String(dead)} of ${String(all)}`;
    return html(
      "tr",
      {},
      html(
        "td",
        {},
        linkButton(name, "Select it in the graph", () => events.selectNode(node)),
      ),
      html("td", { class: "meter" }, meter),
      html("td", { class: "end code" }, words),
    );
  });
  return [
    figures([
      ...number("examples", data["examples"], digits),
      ...number("largest argument of a dead unit", data["largestArgument"], digits, "", "value"),
      ...number("RMS of the arguments", data["rms"], digits, "", "value"),
    ]),
    ...(rows.length === 0
      ? []
      : [
          heading(what === "dead" ? "Dead units" : "Outputs that are saturated"),
          html("table", { class: "shares" }, html("tbody", {}, ...rows)),
        ]),
  ];
}

interface Row {
  readonly name: string;
  readonly figure: string;
  readonly kind: "value" | "adjoint" | "plain";
  readonly tooltip: string;
}

/** A row for a figure that is there. */
function number(name: string, value: unknown, digits: number, before = "", kind: Row["kind"] = "plain"): Row[] {
  if (typeof value !== "number") return [];
  return [{ name, figure: before + formatNumber(value, digits), kind, tooltip: formatExactly(value) }];
}
