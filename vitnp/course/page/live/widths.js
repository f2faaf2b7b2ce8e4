// Random queries and keys of width d_k, no model: what the width alone does to softmax.

const WIDTHS = [4, 16, 64, 256, 1024];

const random_facts = new Map(); // of d_k: with the root and without

function draw_widths() {
  const d_k = WIDTHS[by_id("width").value];
  show_value("width", String(d_k));
  if (!random_facts.has(d_k)) {
    random_facts.set(d_k, [1 / Math.sqrt(d_k), 1].map((factor) => random_attention(d_k, factor)));
  }
  const [scaled_, plain] = random_facts.get(d_k);
  const row = (key, of) => [word(key), of(scaled_), of(plain)];
  live.random = { scaled: scaled_, unscaled: plain };
  table("width-numbers", ["", word("scaled"), word("unscaled")], [
    row("score_spread", ({ spread }) => number(spread, 3)),
    row("entropy_of_random", (facts) => number(facts.entropy, 3)),
    row("largest_weight", ({ most }) => share(most)),
    row("let_through", ({ through }) => percent(through)),
  ]);
}

// The mean of 100 draws of one query and 17 keys, numbers from the normal distribution; ∂A normal too.
function random_attention(d_k, factor) {
  const normal = normal_numbers(d_k);
  const draws = Array.from({ length: 100 }, () => {
    const q = Array.from({ length: d_k }, normal);
    const S = Float64Array.from({ length: 17 }, () => factor * q.reduce((sum, x) => sum + x * normal(), 0));
    const A = softmax_forward({ data: S, shape: [1, 17] });
    const dA = { data: Float64Array.from({ length: 17 }, normal), shape: [1, 17] };
    const dS = softmax_backward(dA, A);
    const through = norm(dS) / norm(dA);
    return { spread: norm({ data: S }) / Math.sqrt(17), entropy: entropy(A.data), most: Math.max(...A.data), through };
  });
  const of = (name) => average(draws.map((one) => one[name]));
  return { spread: of("spread"), entropy: of("entropy"), most: of("most"), through: of("through") };
}

// The same numbers for the same seed: a linear congruential generator (Numerical Recipes), Box and Muller's method.
function normal_numbers(seed) {
  let state = seed;
  const uniform = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
