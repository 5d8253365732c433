export async function waiting(x = 1) {
  await new Promise((resolve) => setTimeout(resolve, 50_000));
  return x;
}
