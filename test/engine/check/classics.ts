/**
 * Gradients of the classic problems of objectives/classics.ts, at the point of their defaults, without any differentiation
 * by machine: closed forms, posterior expectations, and tangents written by hand.
 */
interface Known {
  /** Nested as the parameters are. */
  readonly gradient: () => unknown;
  /** Relative to the largest element. Larger where the program itself approximates the closed form. */
  readonly tolerance?: number;
}

export const known: Readonly<Record<string, Known>> = {
  rosenbrock: {
    gradient() {
      const x = [-1.2, 1, 0.4, 1.7, -0.6];
      return x.map((xi, i) => {
        const left = i > 0 ? 200 * (xi - x[i - 1]! ** 2) : 0;
        const right = i + 1 < x.length ? -400 * xi * (x[i + 1]! - xi ** 2) - 2 * (1 - xi) : 0;
        return left + right;
      });
    },
  },

  helmholtz: {
    gradient() {
      const [x, b, RT] = [[0.12, 0.07, 0.2, 0.05], [0.3, 0.5, 0.2, 0.7], 1.7];
      const A = (i: number, j: number): number => 1 / (1 + i + j) + (i === j ? 0.5 : 0);
      const s = dot(b, x);
      const total = x.reduce((p, q) => p + q);
      const Ax = x.map((_, i) => x.reduce((sum, xj, j) => sum + A(i, j) * xj, 0));
      const q = dot(x, Ax);
      const [plus, minus, root] = [1 + Math.SQRT2, 1 - Math.SQRT2, Math.sqrt(8)];
      const L = Math.log((1 + plus * s) / (1 + minus * s));
      // ∂f/∂s, all else held
      const bySum =
        (RT * total) / (1 - s) +
        (q * L) / (root * s * s) -
        (q / (root * s)) * (plus / (1 + plus * s) - minus / (1 + minus * s));
      return [
        x.map((xi, i) => RT * (Math.log(xi / (1 - s)) + 1) - (2 * Ax[i]! * L) / (root * s) + bySum * b[i]!),
        x.map((xi) => bySum * xi),
        x.reduce((sum, xi) => sum + xi * Math.log(xi / (1 - s)), 0),
      ];
    },
  },

  speelpenning: {
    gradient: () => [0, 0, 1.5 * -2 * 0.7 * 3, 0, 0],
  },

  surfaceArea: {
    gradient() {
      const z = [
        [0.1, 0.4, 0.2],
        [0.9, -0.3, 0.5],
        [0.2, 0.8, 0.6],
      ];
      const h = 0.5;
      const byZ = z.map((row) => row.map(() => 0));
      let byH = 0;
      for (let i = 0; i < 2; i++)
        for (let j = 0; j < 2; j++) {
          const [p, q] = [z[i + 1]![j]! - z[i]![j]!, z[i]![j + 1]! - z[i]![j]!];
          const length = Math.sqrt(h * h + p * p + q * q);
          byZ[i + 1]![j]! += (h * p) / length;
          byZ[i]![j + 1]! += (h * q) / length;
          byZ[i]![j]! -= (h * (p + q)) / length;
          byH += length + (h * h) / length;
        }
      return [byZ, byH];
    },
  },

  lennardJones: {
    gradient() {
      const atoms = [
        [0, 0, 0.1],
        [1.1, 0.1, 0],
        [0.4, 1, 0.2],
        [0.5, 0.3, 0.95],
      ];
      return atoms.map((a, i) =>
        a.map((_, k) =>
          atoms.reduce((sum, b, j) => {
            if (i === j) return sum;
            const r = Math.hypot(...a.map((v, m) => v - b[m]!));
            return sum + 4 * (-12 * r ** -14 + 6 * r ** -8) * (a[k]! - b[k]!);
          }, 0),
        ),
      );
    },
  },

  threeBodies: { gradient: threeBodies },

  blackScholes: {
    gradient() {
      const [S, K, r, v, T] = [105, 100, 0.03, 0.25, 0.75];
      const d1 = (Math.log(S / K) + (r + v ** 2 / 2) * T) / (v * Math.sqrt(T));
      const d2 = d1 - v * Math.sqrt(T);
      const density = Math.exp((-d1 * d1) / 2) / Math.sqrt(2 * Math.PI);
      const discount = Math.exp(-r * T);
      const theta = (S * density * v) / (2 * Math.sqrt(T)) + r * K * discount * normal(d2);
      return [normal(d1), -discount * normal(d2), K * T * discount * normal(d2), S * density * Math.sqrt(T), theta];
    },
  },

  heatEquation: {
    // A sine is an eigenvector of the discrete Laplacian: each step divides it by 1 + κ dt λ.
    gradient() {
      const [k, a, n, steps, dt] = [0.4, 1.3, 15, 20, 0.01];
      const h = 1 / (n + 1);
      const eigenvalue = (4 / h ** 2) * Math.sin((Math.PI * h) / 2) ** 2;
      const factor = 1 + k * dt * eigenvalue;
      return [-steps * dt * eigenvalue * a * factor ** (-steps - 1), factor ** -steps];
    },
  },

  logisticGrowth: {
    // y(t) = K y₀ e^{rt} / (K + y₀ (e^{rt} − 1))
    gradient() {
      const [r, K, y0, t] = [0.8, 3, 0.4, 2];
      const e = Math.exp(r * t);
      const below = K + y0 * (e - 1);
      return [
        (K * y0 * e * t * (K - y0)) / below ** 2,
        (y0 ** 2 * e * (e - 1)) / below ** 2,
        (K ** 2 * e) / below ** 2,
      ];
    },
    tolerance: 1e-8,
  },

  kalman: {
    // The observations together are normal, with covariance p + q min(i, j) + r δ.
    gradient() {
      const [q, r, p] = [0.2, 0.35, 1.5];
      const y = [0.3, 0.9, 0.4, 1.4, 1.1, 1.9, 1.2, 2.3];
      const matrix = (f: (i: number, j: number) => number): number[][] =>
        y.map((_, i) => y.map((__, j) => f(i + 1, j + 1)));
      const inverse = inverseOf(matrix((i, j) => p + q * Math.min(i, j) + (i === j ? r : 0)));
      const weighted = inverse.map((row) => dot(row, y));
      // −½ tr((Σ⁻¹ − Σ⁻¹ y yᵀ Σ⁻¹) dΣ)
      return [(i: number, j: number) => Math.min(i, j), (i: number, j: number) => Number(i === j), () => 1].map((f) => {
        const d = matrix(f);
        return -0.5 * sumOver(y.length, (i, j) => (inverse[i]![j]! - weighted[i]! * weighted[j]!) * d[i]![j]!);
      });
    },
  },

  hiddenMarkov: { gradient: hiddenMarkov },

  bandPower: {
    // ∂|X_k|²/∂x_m = 2 Re(X_k e^{2πikm/n})
    gradient() {
      const x = [0.3, -1, 0.7, 2, 0.1, -0.4, 1.2, 0.5];
      const n = x.length;
      return x.map((_, m) => {
        let sum = 0;
        for (let k = 1; k < n; k++)
          x.forEach((value, j) => (sum += (2 * value * Math.cos((2 * Math.PI * k * (m - j)) / n)) / k));
        return sum;
      });
    },
  },

  largestEigenvalue: {
    // dλ = vᵀ dA v for a symmetric A with the unit eigenvector v, here from the null space of A − λ.
    gradient() {
      const A = [
        [4, 1, 0.5],
        [1, 3, -0.2],
        [0.5, -0.2, 1],
      ];
      let lambda = 5;
      const shifted = (): number[][] => A.map((row, i) => row.map((a, j) => a - (i === j ? lambda : 0)));
      // Newton's method on det(A − λ), whose derivative is −Σ of the principal minors.
      for (let turn = 0; turn < 60; turn++) {
        const m = shifted();
        const [a, b, c, d, e, f] = [m[0]![0]!, m[0]![1]!, m[0]![2]!, m[1]![1]!, m[1]![2]!, m[2]![2]!];
        const det = a * (d * f - e * e) - b * (b * f - e * c) + c * (b * e - d * c);
        lambda += det / (d * f - e * e + (a * f - c * c) + (a * d - b * b));
      }
      const [p, q] = shifted() as [number[], number[], number[]];
      const v = [p[1]! * q[2]! - p[2]! * q[1]!, p[2]! * q[0]! - p[0]! * q[2]!, p[0]! * q[1]! - p[1]! * q[0]!];
      const norm = Math.hypot(...v);
      return v.map((vi) => v.map((vj) => (vi * vj) / norm ** 2));
    },
    tolerance: 1e-9,
  },

  logDeterminant: {
    gradient() {
      const inverse = inverseOf([
        [2, 0.3, -1],
        [0.7, -1.5, 0.4],
        [0.1, 0.9, 1.8],
      ]);
      return inverse.map((row, i) => row.map((_, j) => inverse[j]![i]!));
    },
  },
};

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

function sumOver(n: number, f: (i: number, j: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += f(i, j);
  return sum;
}

/** Φ by Simpson's rule from 0. */
function normal(x: number): number {
  const n = 2000;
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let k = 1; k < n; k++) sum += (k % 2 === 1 ? 4 : 2) * density((x * k) / n);
  return 0.5 + (sum * x) / (3 * n);
}

/** By Gauss and Jordan with partial pivoting. */
function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const pivot = rows[k]![k]!;
    rows[k] = rows[k]!.map((value) => value / pivot);
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]!;
      rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** The tangent of the leapfrog, written by hand, once for each input. */
function threeBodies(): unknown {
  const start = [
    [0, 0, 0, 0.1],
    [1, 0, 0, 1],
    [0, 2, -0.7, 0],
  ];
  const mass = [1, 0.1, 0.05];
  const tangentOf = (body: number, member: number): number => {
    const s = start.map((row) => [...row]);
    const d = start.map((row, i) => row.map((_, j) => Number(i === body && j === member)));
    const dm = mass.map((_, i) => Number(i === body && member === 4));
    const drift = (): void => {
      s.forEach((row, i) => {
        for (const axis of [0, 1]) {
          row[axis]! += 0.01 * row[axis + 2]!;
          d[i]![axis]! += 0.01 * d[i]![axis + 2]!;
        }
      });
    };
    for (let step = 0; step < 60; step++) {
      drift();
      for (const i of [0, 1, 2])
        for (const j of [0, 1, 2]) {
          if (i === j) continue;
          const r = [0, 1].map((axis) => s[j]![axis]! - s[i]![axis]!);
          const dr = [0, 1].map((axis) => d[j]![axis]! - d[i]![axis]!);
          const squared = dot(r, r) + 0.01;
          const cube = squared ** 1.5;
          for (const axis of [0, 1]) {
            s[i]![axis + 2]! += (0.02 * mass[j]! * r[axis]!) / cube;
            const stretched = dr[axis]! / cube - (3 * r[axis]! * dot(r, dr)) / (cube * squared);
            d[i]![axis + 2]! += 0.02 * ((dm[j]! * r[axis]!) / cube + mass[j]! * stretched);
          }
        }
      drift();
    }
    return 2 * s[2]![0]! * d[2]![0]! + d[2]![1]! * s[1]![2]! + s[2]![1]! * d[1]![2]!;
  };
  return [start.map((row, i) => row.map((_, j) => tangentOf(i, j))), mass.map((_, i) => tangentOf(i, 4))];
}

/** Baum and Welch: each derivative of the log-likelihood is an expected count over the parameter. */
function hiddenMarkov(): unknown {
  const first = [0.6, 0.4];
  const transition = [
    [0.7, 0.3],
    [0.2, 0.8],
  ];
  const emission = [
    [0.5, 0.3, 0.2],
    [0.1, 0.4, 0.5],
  ];
  const symbols = [0, 1, 2, 2, 0, 1, 1, 2, 0];
  const emitted = symbols.map((symbol) => emission.map((row) => row[symbol]!));
  const forward = [first.map((p, i) => p * emitted[0]![i]!)];
  for (let t = 1; t < symbols.length; t++)
    forward.push([0, 1].map((j) => dot(forward[t - 1]!, [transition[0]![j]!, transition[1]![j]!]) * emitted[t]![j]!));
  const backward = symbols.map(() => [1, 1]);
  for (let t = symbols.length - 2; t >= 0; t--)
    backward[t] = [0, 1].map((i) =>
      sumFrom([0, 1], (j) => transition[i]![j]! * emitted[t + 1]![j]! * backward[t + 1]![j]!),
    );
  const likelihood = sumFrom([0, 1], (i) => forward.at(-1)![i]!);
  // The last row of probabilities need not sum to 1 for these to hold: the likelihood is a polynomial of them all.
  const at = (t: number, i: number): number => (forward[t]![i]! * backward[t]![i]!) / likelihood;
  return [
    first.map((p, i) => at(0, i) / p),
    transition.map((row, i) =>
      row.map((_, j) =>
        sumFrom(
          symbols.slice(1),
          (__, t) => (forward[t]![i]! * emitted[t + 1]![j]! * backward[t + 1]![j]!) / likelihood,
        ),
      ),
    ),
    emission.map((row, i) =>
      row.map((p, symbol) => sumFrom(symbols, (seen, t) => (seen === symbol ? at(t, i) / p : 0))),
    ),
  ];
}

function sumFrom<T>(items: readonly T[], f: (item: T, index: number) => number): number {
  return items.reduce((sum, item, index) => sum + f(item, index), 0);
}
