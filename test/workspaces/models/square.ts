export function square(x = 3): number {
  return x * x;
}
