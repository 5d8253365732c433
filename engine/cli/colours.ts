type Paint = (text: string) => string;

/** The two colours that carry meaning, as everywhere: blue is a value, orange its adjoint. */
export interface Colours {
  readonly value: Paint;
  readonly adjoint: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
  const { NO_COLOR, TERM } = process.env;
  const on = stream.isTTY === true && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
  const paint =
    (begin: string, end: string) =>
    (text: string): string =>
      on && text !== "" ? `\u001b[${begin}m${text}\u001b[${end}m` : text;
  return { value: paint("94", "39"), adjoint: paint("38;5;208", "39"), bold: paint("1", "22"), dim: paint("2", "22") };
}
