// The steps of the slides for one image, each above its backward: see vitnp/steps. Step 5 is in attention.js.

// Step 1: the grid of small images, (Hᵢ, Wᵢ, C) → (rows, cols, P, P, C). Nothing is computed.
function grid_forward(image, P) {
  const [height, width, C] = image.shape;
  const grid = zeros([height / P, width / P, P, P, C]);
  grid_places(grid.shape).forEach((place, i) => { grid.data[i] = image.data[place]; });
  return grid;
}

// dgrid (rows, cols, P, P, C) → dimage (Hᵢ, Wᵢ, C): every value goes back to its place.
function grid_backward(dgrid) {
  const [rows, cols, P, , C] = dgrid.shape;
  const dimage = zeros([rows * P, cols * P, C]);
  grid_places(dgrid.shape).forEach((place, i) => { dimage.data[place] = dgrid.data[i]; });
  return dimage;
}

// The place in the image (Hᵢ, Wᵢ, C) of every value of the grid.
function grid_places([rows, cols, P, , C]) {
  const places = [];
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      for (let y = row * P; y < (row + 1) * P; y++) {
        const start = (y * cols + col) * P * C;
        for (let i = 0; i < P * C; i++) places.push(start + i);
      }
    }
  }
  return places;
}

// Each small image as a row, (rows, cols, P, P, C) → (N, P·P·C). order: row i is small image order[i]; null keeps theirs.
function patchify_forward(grid, order) {
  const [rows, cols, P, , C] = grid.shape;
  const patches = zeros([rows * cols, P * P * C]);
  return move_rows(grid, patches, (i) => [order ? order[i] : i, i]);
}

// dpatches (N, P·P·C) → dgrid (rows, cols, P, P, C).
function patchify_backward(dpatches, { shape, order }) {
  return move_rows(dpatches, zeros(shape), (i) => [i, order ? order[i] : i]);
}

// Copy row `from` of x to row `to` of y, [from, to] = places(i), for every patch i.
function move_rows(x, y, places) {
  const rows = y.shape.length === 2 ? y.shape[0] : y.shape[0] * y.shape[1];
  const size = y.data.length / rows;
  for (let i = 0; i < rows; i++) {
    const [from, to] = places(i);
    y.data.set(x.data.subarray(from * size, (from + 1) * size), to * size);
  }
  return y;
}

// Step 2: x = x_p·W + b for every patch, (N, P·P·C) → (N, D).
function project_forward(patches, p) {
  return [affine(patches, p.W, p.b), { patches, W: p.W }];
}

function project_backward(dx, { patches, W }) {
  const [dpatches, dW, db] = affine_backward(dx, patches, W);
  return [dpatches, { W: dW, b: db }];
}

// Step 3: the class token before the patches, (N, D) → (N+1, D).
function class_token_forward(x, p) {
  const [N, D] = x.shape;
  const z = zeros([N + 1, D]);
  z.data.set(p.cls.data);
  z.data.set(x.data, D);
  return z;
}

// dz (N+1, D) → dx (N, D) and {cls}.
function class_token_backward(dz) {
  const [tokens, D] = dz.shape;
  const dx = { data: dz.data.slice(D), shape: [tokens - 1, D] };
  return [dx, { cls: { data: dz.data.slice(0, D), shape: [D] } }];
}

// Step 4: z₀ = z + E_pos, (N+1, D) → (N+1, D). `on` false: without positions, E_pos is 0.
function position_forward(z, p, on) {
  const E_pos = on ? p.E_pos : zeros(p.E_pos.shape);
  return [add(z, E_pos), E_pos];
}

// dz₀ (N+1, D) → dz and {E_pos}; a table that was not added has no gradient.
function position_backward(dz0, on) {
  return [dz0, { E_pos: on ? map_array((value) => value, dz0) : zeros(dz0.shape) }];
}

// Step 7: u = x·W1 + b1, g = GELU(u), v = g·W2 + b2: (N, D) → (N, M) → (N, D).
function feed_forward_forward(x, p, form) {
  const u = affine(x, p.W1, p.b1);
  const g = gelu_forward(u, form);
  const output = affine(g, p.W2, p.b2);
  return [output, { x, u, g, p, form, tensors: { u, g, output } }];
}

// dv (N, D) → dx (N, D), {W1, b1, W2, b2}, and the gradients of the tensors.
function feed_forward_backward(dv, { x, u, g, p, form }) {
  const [dg, dW2, db2] = affine_backward(dv, g, p.W2);
  const du = gelu_backward(dg, u, form);
  const [dx, dW1, db1] = affine_backward(du, x, p.W1);
  return [dx, { W1: dW1, b1: db1, W2: dW2, b2: db2 }, { u: du, g: dg, output: dv }];
}

// Step 8: y = row 0 of the tokens, r = tanh(y·W_pre + b_pre) where there is such a layer, logits = r·W + b.
function classify_forward(x, p) {
  const D = x.shape[1];
  const y = { data: x.data.slice(0, D), shape: [1, D] };
  const tensors = { y };
  let r = y;
  if (p.pre_logits) {
    r = map_array(Math.tanh, affine(y, p.pre_logits.W, p.pre_logits.b));
    tensors.pre_logits = r;
  }
  const logits = affine(r, p.head.W, p.head.b);
  tensors.logits = logits;
  return [logits, { y, r, p, shape: x.shape, tensors }];
}

// dlogits (1, classes) → dx (N+1, D), zero but for row 0, {pre_logits, head}, and the gradients of the tensors.
function classify_backward(dlogits, { y, r, p, shape }) {
  const [dr, dW, db] = affine_backward(dlogits, r, p.head.W);
  const dp = { head: { W: dW, b: db } };
  const gradients = { logits: dlogits };
  let dy = dr;
  if (p.pre_logits) {
    gradients.pre_logits = dr;
    const du = map_array((value, i) => value * (1 - r.data[i] * r.data[i]), dr); // tanh′ = 1 − tanh²
    const [dy_pre, dW_pre, db_pre] = affine_backward(du, y, p.pre_logits.W);
    dy = dy_pre;
    dp.pre_logits = { W: dW_pre, b: db_pre };
  }
  gradients.y = dy;
  const dx = zeros(shape);
  dx.data.set(dy.data);
  return [dx, dp, gradients];
}

// loss = −log softmax(logits)[label], by log Σ exp: the probability itself may underflow.
function cross_entropy_forward(logits, label) {
  const largest = Math.max(...logits.data);
  const sum = logits.data.reduce((total, z) => total + Math.exp(z - largest), 0);
  return largest + Math.log(sum) - logits.data[label];
}

// dlogits = p − t, t one-hot: the predicted probabilities minus the target.
function cross_entropy_backward(probabilities, label) {
  return map_array((value, i) => value - (i === label ? 1 : 0), probabilities);
}
