function down(x: number): number {
  return down(x + 1);
}

export function f(x = 1) {
  return down(x);
}
