export function f(x = 1) {
  if (x > 0) throw "no data for this x";
  return x;
}
