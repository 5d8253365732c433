export function f(x: number, y = 2) {
  return x * y;
}
