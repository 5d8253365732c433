import assert from "node:assert/strict";
import { test } from "node:test";
import { dataUri, histogramPlot, palettes, seriesPlot } from "../../extension/plots.ts";

test("draws both series, each with its range and in its colour", () => {
  const svg = seriesPlot({ value: [1, 2, 4], adjoint: [0.5, -0.25, 0] }, palettes.dark, 4);
  assert.equal([...svg.matchAll(/<path [^>]*stroke-width="1.5"/g)].length, 2);
  assert.ok(svg.includes(`stroke="${palettes.dark.value}"`) && svg.includes(`stroke="${palettes.dark.adjoint}"`));
  assert.deepEqual(
    [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map((match) => match[1]),
    ["4", "1", "0.5", "−0.25"],
  );
});

test("leaves a gap where a number is not finite, and never writes NaN into a path", () => {
  const svg = seriesPlot({ value: [1, NaN, 3, Infinity, 2], adjoint: [NaN, NaN, NaN, NaN, NaN] }, palettes.light, 4);
  const paths = [...svg.matchAll(/ d="([^"]*)"/g)].map((match) => match[1]!);
  assert.ok(
    paths.every((path) => !/NaN|Infinity/.test(path)),
    paths.join(" "),
  );
  assert.equal(paths[0]!.match(/M/g)!.length, 3);
});

test("draws what shrinks by decades on a logarithmic scale, as a straight line where each is the same factor", () => {
  const svg = seriesPlot({ value: [1, 2, 3], adjoint: [1e-12, 1e-8, 1e-4] }, palettes.dark, 4);
  const heights = [...svg.matchAll(/ d="([^"]*)"/g)].map((path) =>
    [...path[1]!.matchAll(/[ML]\S+ (\S+?)(?=[ML]|$)/g)].map((point) => Number(point[1])),
  );
  assert.deepEqual(heights, [
    [31, 18, 5],
    [31, 18, 5],
  ]);
});

test("draws a bar for every bin that holds anything", () => {
  const histogram = { min: -1, max: 1, counts: [0, 5, 1000, 1] };
  const svg = histogramPlot({ value: histogram, adjoint: { ...histogram, counts: [1] } }, palettes.dark, 4);
  assert.equal([...svg.matchAll(/<rect /g)].length, 4);
});

test("puts the ends of a histogram's scale under its ends", () => {
  const histogram = { min: -1, max: 2.5, counts: [3, 5] };
  const svg = histogramPlot({ value: histogram, adjoint: { min: 7, max: 7, counts: [8] } }, palettes.dark, 4);
  const labels = [...svg.matchAll(/<text x="(\d+)" y="(\d+)" [^>]*?( text-anchor="end")?>([^<]*)</g)].map(
    ([, x, y, end, text]) => `${text!} at ${x!}, ${y!}${end ? " from the right" : ""}`,
  );
  assert.deepEqual(labels, ["−1 at 2, 46", "2.5 at 318, 46 from the right", "7 at 2, 46"]);
});

test("gives an address that holds the picture itself", () => {
  const [head, body] = dataUri("<svg>∂</svg>").split(",");
  assert.equal(head, "data:image/svg+xml;base64");
  assert.equal(Buffer.from(body!, "base64").toString(), "<svg>∂</svg>");
});
