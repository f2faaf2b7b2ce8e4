// The operations that the steps are made of, each above its backward. dx, dW … are the gradients of the loss.

// y = x·W + b: (N, I)·(I, O) + (O) → (N, O).
function affine(x, W, b) {
  const y = matmul(x, W);
  const O = b.data.length;
  for (let i = 0; i < y.data.length; i++) y.data[i] += b.data[i % O];
  return y;
}

// dy (N, O) → dx = dy·Wᵀ, dW = xᵀ·dy, db = Σ dy over the tokens.
function affine_backward(dy, x, W) {
  return [matmul(dy, transposed(W)), matmul(transposed(x), dy), sum_rows(dy)];
}

// The sum over all rows: (N, O) → (O).
function sum_rows(x) {
  const sum = zeros([x.shape.at(-1)]);
  for (let i = 0; i < x.data.length; i++) sum.data[i % sum.data.length] += x.data[i];
  return sum;
}

// Σ x·(the values of y from `at` on).
function dot(x, y, at) {
  let sum = 0;
  for (let o = 0; o < x.length; o++) sum += x[o] * y[at + o];
  return sum;
}

// Softmax over the last axis of x/temperature: (…, J) → (…, J).
function softmax_forward(x, temperature = 1) {
  const J = x.shape.at(-1);
  const y = zeros(x.shape);
  for (let at = 0; at < x.data.length; at += J) {
    const row = x.data.subarray(at, at + J);
    const largest = Math.max(...row); // cancels in the quotient; without it exp may overflow
    const weights = row.map((value) => Math.exp((value - largest) / temperature));
    const sum = weights.reduce((a, b) => a + b, 0);
    y.data.set(weights.map((weight) => weight / sum), at);
  }
  return y;
}

// dxᵢ = yᵢ (dyᵢ − Σⱼ dyⱼ yⱼ)/temperature: the whole Jacobian diag(y) − y·yᵀ, not only its diagonal.
function softmax_backward(dy, y, temperature = 1) {
  const J = y.shape.at(-1);
  const dx = zeros(y.shape);
  for (let at = 0; at < y.data.length; at += J) {
    const sum = dot(dy.data.subarray(at, at + J), y.data, at);
    for (let j = at; j < at + J; j++) dx.data[j] = (y.data[j] * (dy.data[j] - sum)) / temperature;
  }
  return dx;
}

// y = γ·x̂ + β, x̂ = (x − mean)/√(variance + ε), over the D values of each token: (N, D) → (N, D).
function layer_norm_forward(x, p, eps) {
  const [N, D] = x.shape;
  const x_hat = zeros(x.shape);
  const inverse_std = new Float64Array(N);
  for (let n = 0; n < N; n++) {
    const row = x.data.subarray(n * D, (n + 1) * D);
    const centered = row.map(minus(mean(row)));
    inverse_std[n] = 1 / Math.sqrt(mean(centered.map((value) => value * value)) + eps);
    x_hat.data.set(centered.map((value) => value * inverse_std[n]), n * D);
  }
  const y = map_array((value, i) => value * p.gamma.data[i % D] + p.beta.data[i % D], x_hat);
  return [y, { x_hat, inverse_std, gamma: p.gamma }];
}

// dy (N, D) → dx (N, D) and {gamma, beta}. x moves the mean and the variance too, hence the two subtractions.
function layer_norm_backward(dy, { x_hat, inverse_std, gamma }) {
  const [N, D] = dy.shape;
  const dx = zeros(dy.shape);
  const dp = { gamma: zeros([D]), beta: zeros([D]) };
  for (let n = 0; n < N; n++) {
    const at = n * D;
    const dx_hat = dy.data.subarray(at, at + D).map((value, d) => value * gamma.data[d]);
    const along_mean = mean(dx_hat);
    const along_x_hat = dot(dx_hat, x_hat.data, at) / D;
    for (let d = 0; d < D; d++) {
      dx.data[at + d] = (dx_hat[d] - along_mean - x_hat.data[at + d] * along_x_hat) * inverse_std[n];
      dp.gamma.data[d] += dy.data[at + d] * x_hat.data[at + d];
      dp.beta.data[d] += dy.data[at + d];
    }
  }
  return [dx, dp];
}

function mean(row) {
  return row.reduce((a, b) => a + b, 0) / row.length;
}

function minus(constant) {
  return (value) => value - constant;
}

// Head h takes the columns h·K … (h+1)·K − 1: (N, D) → (H, N, K).
function split_heads(x, H) {
  const [N, D] = x.shape;
  const K = D / H;
  const y = zeros([H, N, K]);
  for (let h = 0; h < H; h++) {
    for (let n = 0; n < N; n++) {
      y.data.set(x.data.subarray(n * D + h * K, n * D + (h + 1) * K), (h * N + n) * K);
    }
  }
  return y;
}

// The inverse, and so the backward of `split_heads`: (H, N, K) → (N, D).
function merge_heads(x) {
  const [H, N, K] = x.shape;
  const y = zeros([N, H * K]);
  for (let h = 0; h < H; h++) {
    for (let n = 0; n < N; n++) {
      y.data.set(x.data.subarray((h * N + n) * K, (h * N + n + 1) * K), (n * H + h) * K);
    }
  }
  return y;
}
