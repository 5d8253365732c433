export function f(x = 1) {
  return x *;
}
