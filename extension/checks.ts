/** Run-time checks of what comes from outside: small, and put together. */

export type Check = (value: unknown) => boolean;

export const isString: Check = (value) => typeof value === "string";
export const isBoolean: Check = (value) => typeof value === "boolean";
export const isNumber: Check = (value) => typeof value === "number";
export const isId: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) =>
    allowed.includes(value as string);
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** An object with these fields, and any others. */
export function shape(fields: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== "object" || value === null) return false;
    return Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
  };
}

export const isSource = shape({ file: isString, line: isId, column: isId, endLine: isId, endColumn: isId });

/** A message of one of the types named, with the fields of its type. */
export function isMessageOf(messages: Readonly<Record<string, Check>>, value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  const { type } = value;
  return typeof type === "string" && Object.hasOwn(messages, type) && messages[type]!(value);
}
