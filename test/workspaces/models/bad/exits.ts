export function f(x = 1) {
  if (x > 0) process.exit(3);
  return x;
}
