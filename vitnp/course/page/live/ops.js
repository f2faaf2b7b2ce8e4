// The operations that the steps are made of, each above its backward. dx, dW … are the gradients of the loss.

// y = x·W + b: (N, I)·(I, O) + (O) → (N, O).
function affine(x, W, b) {
  const y = matmul(x, W);
  const O = b.data.length;
  for (let at = 0; at < y.data.length; at += O) {
    for (let o = 0; o < O; o++) y.data[at + o] += b.data[o];
  }
  return y;
}

// dy (N, O) → dx = dy·Wᵀ, dW = xᵀ·dy, db = Σ dy over the tokens.
function affine_backward(dy, x, W) {
  return [matmul(dy, transposed(W)), matmul(transposed(x), dy), sum_rows(dy)];
}

// The sum over all rows: (N, O) → (O).
function sum_rows(x) {
  const O = x.shape.at(-1);
  const sum = zeros([O]);
  for (let at = 0; at < x.data.length; at += O) {
    for (let o = 0; o < O; o++) sum.data[o] += x.data[at + o];
  }
  return sum;
}

// Softmax over the last axis of x/temperature: (…, J) → (…, J).
function softmax_forward(x, temperature = 1) {
  const J = x.shape.at(-1);
  const y = zeros(x.shape);
  for (let at = 0; at < x.data.length; at += J) {
    const largest = largest_of(x.data, at, J); // cancels in the quotient; without it exp may overflow
    let sum = 0;
    for (let j = at; j < at + J; j++) sum += y.data[j] = Math.exp((x.data[j] - largest) / temperature);
    for (let j = at; j < at + J; j++) y.data[j] /= sum;
  }
  return y;
}

// dxᵢ = yᵢ (dyᵢ − Σⱼ dyⱼ yⱼ)/temperature: the whole Jacobian diag(y) − y·yᵀ, not only its diagonal.
function softmax_backward(dy, y, temperature = 1) {
  const J = y.shape.at(-1);
  const dx = zeros(y.shape);
  for (let at = 0; at < y.data.length; at += J) {
    const sum = dot(dy.data, y.data, at, J);
    for (let j = at; j < at + J; j++) dx.data[j] = (y.data[j] * (dy.data[j] - sum)) / temperature;
  }
  return dx;
}

// y = γ·x̂ + β, x̂ = (x − mean)/√(variance + ε), over the D values of each token: (N, D) → (N, D).
function layer_norm_forward(x, p, eps) {
  const [N, D] = x.shape;
  const y = zeros(x.shape);
  const x_hat = zeros(x.shape);
  const inverse_std = new Float64Array(N);
  for (let n = 0; n < N; n++) {
    const [at, end] = [n * D, (n + 1) * D];
    const mean = sum_of(x.data, at, D) / D;
    for (let i = at; i < end; i++) x_hat.data[i] = x.data[i] - mean;
    const variance = dot(x_hat.data, x_hat.data, at, D) / D;
    inverse_std[n] = 1 / Math.sqrt(variance + eps);
    for (let i = at; i < end; i++) {
      x_hat.data[i] *= inverse_std[n];
      y.data[i] = x_hat.data[i] * p.gamma.data[i - at] + p.beta.data[i - at];
    }
  }
  return [y, { x_hat, inverse_std, gamma: p.gamma }];
}

// dy (N, D) → dx (N, D) and {gamma, beta}. x moves the mean and the variance too, hence the two subtractions.
function layer_norm_backward(dy, { x_hat, inverse_std, gamma }) {
  const [N, D] = dy.shape;
  const dx = zeros(dy.shape);
  const dp = { gamma: zeros([D]), beta: zeros([D]) };
  for (let n = 0; n < N; n++) {
    const [at, end] = [n * D, (n + 1) * D];
    for (let i = at; i < end; i++) {
      dx.data[i] = dy.data[i] * gamma.data[i - at]; // dx̂
      dp.gamma.data[i - at] += dy.data[i] * x_hat.data[i];
      dp.beta.data[i - at] += dy.data[i];
    }
    const along_mean = sum_of(dx.data, at, D) / D;
    const along_x_hat = dot(dx.data, x_hat.data, at, D) / D;
    for (let i = at; i < end; i++) {
      dx.data[i] = (dx.data[i] - along_mean - x_hat.data[i] * along_x_hat) * inverse_std[n];
    }
  }
  return [dx, dp];
}

// Of the `count` values from `at` on: the sum, the sum of the products of x and y, the largest.
function sum_of(x, at, count) {
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += x[i];
  return sum;
}

function dot(x, y, at, count) {
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += x[i] * y[i];
  return sum;
}

function largest_of(x, at, count) {
  let largest = x[at];
  for (let i = at; i < at + count; i++) largest = Math.max(largest, x[i]);
  return largest;
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
