/** What comes from the training page is checked before anything is done with it. */
import type { StepResult, Weights } from "../../engine/process/trainingProtocol.ts";
import { either, isBoolean, isId, isMessageOf, isNumber, isSource, isString, listOf, oneOf, shape } from "../checks.ts";
import type { Check } from "../checks.ts";
import type { FoundGpu, FromTrainingPage, TrainingAct, TrainingMemory } from "./protocol.ts";

const acts: Readonly<Record<TrainingAct, true>> = {
  train: true,
  continue: true,
  stop: true,
  trainOnCpu: true,
  continueOnCpu: true,
  showModel: true,
  showSaved: true,
  openSettings: true,
  showLog: true,
  manageTrust: true,
};

const hasOk: Check = (value) => typeof value === "object" && value !== null && "ok" in value;

const messages: Readonly<Record<FromTrainingPage["type"], Check>> = {
  ready: shape({}),
  answer: shape({ id: isId, result: either(hasOk, shape({ error: isString })) }),
  act: shape({ act: oneOf(...Object.keys(acts)) }),
  reveal: shape({ source: isSource }),
  log: shape({ level: oneOf("error", "warning", "information"), message: isString }),
};

export function isFromTrainingPage(value: unknown): value is FromTrainingPage {
  return isMessageOf(messages, value);
}

export function isTrainingMemory(value: unknown): value is TrainingMemory {
  return shape({ file: isString, model: isString })(value);
}

const device = shape({ kind: oneOf("cpu", "gpu"), description: isString });

export function isFoundGpu(value: unknown): value is FoundGpu {
  return either(
    shape({ unavailable: isString }),
    shape({ renderer: isString, software: isBoolean, name: isString, device }),
  )(value);
}

const isFloats: Check = (value) => value instanceof Float32Array;
const isNumbers: Check = (value) => value instanceof Float32Array || value instanceof Float64Array;

const stepResult = shape({
  outcome: oneOf("done", "guard", "non-finite"),
  loss: isNumber,
  metrics: listOf(isNumber),
  gradientNorms: listOf(isNumber),
});

/** What each call of an executor gives. */
export const executorAnswers = {
  load: (value: unknown): value is null => value === null,
  prepare: (value: unknown): value is number => isId(value),
  run: (value: unknown): value is readonly StepResult[] => listOf(stepResult)(value),
  gradients: (value: unknown): value is readonly Float32Array[] => listOf(isFloats)(value),
  read: (value: unknown): value is Weights => shape({ parameters: listOf(isFloats), state: listOf(isNumbers) })(value),
  write: (value: unknown): value is null => value === null,
};
