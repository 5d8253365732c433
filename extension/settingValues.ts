/** What package.json states of a setting. */
export interface SettingProperty {
  readonly type: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
}

/**
 * `value` where it is allowed, a number out of bounds as the bound, anything else as the default: what stands in
 * settings.json VS Code only underlines where it is wrong, and hands on.
 */
export function allowedValue(property: SettingProperty, value: unknown): unknown {
  if (property.enum) return property.enum.includes(value) ? value : property.default;
  if (property.type === "boolean") return typeof value === "boolean" ? value : property.default;
  if (typeof value !== "number" || !Number.isFinite(value)) return property.default;
  const number = property.type === "integer" ? Math.round(value) : value;
  return Math.min(Math.max(number, property.minimum ?? -Infinity), property.maximum ?? Infinity);
}
