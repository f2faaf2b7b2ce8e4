// GELU(x) = x·Φ(x), Φ the standard normal distribution function, in the three forms of vitnp/ops/gelu.py.

const LINEAR = Math.sqrt(2 / Math.PI);
const CUBIC = LINEAR * 0.044715; // the coefficient of the GELU paper
const QUICK = 1.702;

// Of each form Φ(x), and its slope Φ′(x) given Φ(x).
const GELUS = {
  tanh: {
    Phi: (x) => 0.5 * (1 + Math.tanh(x * (LINEAR + CUBIC * x * x))),
    slope: (x, Phi) => 2 * Phi * (1 - Phi) * (LINEAR + 3 * CUBIC * x * x), // ½ (1 − tanh²) = 2Φ (1 − Φ)
  },
  erf: {
    Phi: (x) => 0.5 * (1 + erf(x / Math.SQRT2)),
    slope: (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI),
  },
  quick: {
    Phi: (x) => 1 / (1 + Math.exp(-QUICK * x)),
    slope: (x, Phi) => QUICK * Phi * (1 - Phi),
  },
};

// y = x·Φ(x), element by element.
function gelu_forward(x, form) {
  const { Phi } = GELUS[form];
  return map_array((value) => value * Phi(value), x);
}

// dx = dy·(Φ(x) + x·Φ′(x)).
function gelu_backward(dy, x, form) {
  const { Phi, slope } = GELUS[form];
  return map_array((value, i) => {
    const probability = Phi(value);
    return dy.data[i] * (probability + value * slope(value, probability));
  }, x);
}

// erf(x) = 2/√π · exp(−x²) · Σₙ 2ⁿ x²ⁿ⁺¹/(1·3·…·(2n+1)) (Abramowitz & Stegun, 1964, 7.1.6). All terms have one sign,
// so nothing cancels. From |x| = 6 on, erf is ±1 to the last bit.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
