export function f(x = 1, y = 2) {
  const e = Math.exp(y / x);
  return Math.log(x + e);
}

// f(x, y) = ln(x + e^{y/x}), step by step, and back. v̄ is ∂f/∂v.
//
//   q = y / x   = 2        q̄ = ē · e           =  0.8808
//   e = e^q     = 7.389    ē = s̄               =  0.1192
//   s = x + e   = 8.389    s̄ = 1/s             =  0.1192
//   f = ln s    = 2.127    f̄ = 1
//
//                          ȳ = q̄ / x           =  0.8808
//                          x̄ = s̄ − q̄ · y/x²    = −1.6424
