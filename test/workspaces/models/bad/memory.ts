export function f(x = 1) {
  const kept: Float64Array[] = [];
  for (let i = 0; i < 1250; i++) kept.push(new Float64Array(1_000_000).fill(i));
  return x * kept.length;
}
