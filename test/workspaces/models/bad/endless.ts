export function f(x = 1) {
  let y = x;
  while (y > 0) {
    y += 1;
  }
  return y;
}

export function g(x = 3) {
  return x * x;
}
