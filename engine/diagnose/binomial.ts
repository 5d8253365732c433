/** The probability of `heads` or more among `tosses` of a coin that shows heads with probability `p`. */
export function atLeast(heads: number, tosses: number, p = 0.5): number {
  let sum = 0;
  let logTerm = tosses * Math.log1p(-p);
  for (let k = 0; k <= tosses; k++) {
    if (k >= heads) sum += Math.exp(logTerm);
    logTerm += Math.log(((tosses - k) / (k + 1)) * (p / (1 - p)));
  }
  return sum;
}
