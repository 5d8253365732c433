import { Tensor as RuntimeTensor } from "../tape/tensor.ts";
import type { Tensor } from "./types.ts";

/**
 * The numbers of a CSV file, plain or compressed (`.gz`), as a tensor [rows, columns]. A first line that is not all
 * numbers is taken for a heading and left out.
 *
 * @param file its place. `new URL("./data/digits.csv.gz", import.meta.url)` is relative to the model file; a plain path
 *   is relative to where the process was started.
 * @param options.separator what stands between the numbers of a line; a comma when left out
 * @throws Error where the file cannot be read, a field is no number, or lines differ in length: with line and column.
 */
export function readCsv(
  file: URL | string,
  options: { readonly separator?: string } = {},
): Tensor<readonly [number, number]> {
  const name = typeof file === "string" ? file : decodeURIComponent(file.pathname);
  return parse(name, textOf(file, name), options.separator ?? ",") as unknown as Tensor<readonly [number, number]>;
}

/** A relative path starts where the process was started, which is seldom what is meant. */
function besideModel(file: URL | string): string {
  if (typeof file !== "string" || /^([/\\]|[a-z]:)/i.test(file)) return "";
  return ` in ${process.cwd()}; for one beside the model write new URL(${JSON.stringify(file)}, import.meta.url)`;
}

// Model files are read where they run, in Node; asking the process for its modules keeps this floor free of imports.
function textOf(file: URL | string, name: string): string {
  const fs = process.getBuiltinModule("node:fs");
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    const reason = missing ? `there is no such file${besideModel(file)}` : (error as Error).message;
    throw new Error(`readCsv cannot read ${name}: ${reason}`, { cause: error });
  }
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!compressed) return new TextDecoder().decode(bytes);
  try {
    return new TextDecoder().decode(process.getBuiltinModule("node:zlib").gunzipSync(bytes));
  } catch (error) {
    throw new Error(`readCsv cannot unpack ${name}: ${(error as Error).message}`, { cause: error });
  }
}

function parse(name: string, text: string, separator: string): RuntimeTensor {
  const numbers: number[] = [];
  let rows = 0;
  let columns = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const fields = line.split(separator);
    const values = fields.map((field) => (field.trim() === "" ? NaN : Number(field)));
    const wrong = values.findIndex((value, k) => Number.isNaN(value) && fields[k]!.trim() !== "NaN");
    if (wrong >= 0 && rows === 0 && index === 0) continue;
    if (wrong >= 0)
      throw new Error(
        `readCsv of ${name}: line ${index + 1}, field ${wrong + 1} holds ${JSON.stringify(fields[wrong])}, not a number`,
      );
    if (rows > 0 && fields.length !== columns)
      throw new Error(
        `readCsv of ${name}: line ${index + 1} has ${fields.length} ${fields.length === 1 ? "field" : "fields"}, those before it ${columns}`,
      );
    columns = fields.length;
    rows++;
    for (const value of values) numbers.push(value);
  }
  if (rows === 0) throw new Error(`readCsv of ${name}: the file holds no numbers`);
  return new RuntimeTensor([rows, columns], Float64Array.from(numbers));
}
