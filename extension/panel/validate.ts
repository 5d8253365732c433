/** What comes from the page is checked before anything is done with it. */
import {
  either,
  isBoolean,
  isId,
  isMessageOf,
  isSource,
  isString,
  listOf,
  oneOf,
  optional,
  shape,
  type Check,
} from "../checks.ts";
import type { FromPanel, PanelAct, PanelMemory, PanelMethod } from "./protocol.ts";

const inFunction = { function: isString };

const params: Readonly<Record<PanelMethod, Check>> = {
  nodes: shape(inFunction),
  graph: shape({ ...inFunction, open: optional(listOf(isString)), reveal: optional(isId), budget: isId }),
  details: shape({ ...inFunction, node: isId }),
  steps: shape({ ...inFunction, from: isId, count: isId }),
  flow: shape(inFunction),
  layerJacobian: shape({ ...inFunction, from: listOf(isId), to: listOf(isId) }),
  memory: shape(inFunction),
  search: shape({ ...inFunction, query: isString, limit: isId }),
  tensor: shape({ ...inFunction, node: isId, of: oneOf("value", "adjoint") }),
};

const acts: Readonly<Record<PanelAct, true>> = {
  retrace: true,
  stop: true,
  setUpWorkspace: true,
  manageTrust: true,
  openSettings: true,
  showLog: true,
};

const messages: Readonly<Record<FromPanel["type"], Check>> = {
  ready: shape({}),
  ask: (value) =>
    shape({ id: isId, trace: isId, method: oneOf(...Object.keys(params)) })(value) &&
    params[(value as { method: PanelMethod }).method]((value as { params: unknown }).params),
  save: shape({
    id: isId,
    format: oneOf("svg", "png"),
    name: isString,
    data: either(isString, (value) => value instanceof Uint8Array),
  }),
  cancel: shape({ id: isId }),
  reveal: shape({
    trace: isId,
    target: either(shape({ ...inFunction, node: isId }), shape({ source: isSource })),
    focus: isBoolean,
  }),
  unmark: shape({}),
  function: shape(inFunction),
  pin: shape({ pinned: isBoolean }),
  act: shape({ act: oneOf(...Object.keys(acts)) }),
  fix: shape({ trace: isId, diagnostic: isId, fix: isId, preview: isBoolean }),
  copy: shape({ text: isString }),
  log: shape({ level: oneOf("error", "warning", "information"), message: isString }),
};

export function isFromPanel(value: unknown): value is FromPanel {
  return isMessageOf(messages, value);
}

export function isPanelMemory(value: unknown): value is PanelMemory {
  return shape({ file: isString, function: isString, pinned: isBoolean })(value);
}
