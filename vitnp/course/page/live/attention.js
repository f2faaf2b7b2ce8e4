// Step 5: multi-head self-attention of one image, forward and backward: see vitnp/steps/s5_attention.py.
//
//   Q = x·W_Q + b_Q, K and V the same; S = Q·Kᵀ/√d_k, A = softmax(S/temperature), O = A·V for each head
//   y = [O⁽¹⁾; …; O⁽ᴴ⁾]·W_O + b_O

// Tokens (N, D) → (N, D). how: {num_heads, scale, temperature, heads}; scale multiplies Q·Kᵀ, 1/√d_k on the slide;
// heads[h] false: O of head h is 0; heads null: all are on.
function attention_forward(x, p, how) {
  const Q = affine(x, p.W_Q, p.b_Q);
  const K = affine(x, p.W_K, p.b_K);
  const V = affine(x, p.W_V, p.b_V);
  const [Q_heads, K_heads, V_heads] = [Q, K, V].map((array) => split_heads(array, how.num_heads)); // (H, N, d_k)

  const S = times(how.scale, matmul(Q_heads, transposed(K_heads))); // (H, N, N)
  const A = softmax_forward(S, how.temperature);
  const O = only_heads(matmul(A, V_heads), how.heads); // (H, N, d_k)
  const concat = merge_heads(O); // → (N, D)

  const output = affine(concat, p.W_O, p.b_O);
  const tensors = { Q, Q_heads, K, K_heads, V, V_heads, S, A, O, concat, output };
  return [output, { x, p, how, tensors }];
}

// dy (N, D) → dx (N, D), {W_Q, b_Q, …, b_O}, and the gradients of the tensors.
function attention_backward(dy, { x, p, how, tensors }) {
  const { Q_heads, K_heads, V_heads, A, concat } = tensors;
  const [dconcat, dW_O, db_O] = affine_backward(dy, concat, p.W_O);
  const dO = split_heads(dconcat, how.num_heads); // (N, D) → (H, N, d_k)

  // O = A·V
  const of_on = only_heads(dO, how.heads);
  const dA = matmul(of_on, transposed(V_heads));
  const dV_heads = matmul(transposed(A), of_on);
  // A = softmax(S/temperature), S = scale·Q·Kᵀ
  const dS = softmax_backward(dA, A, how.temperature);
  const dQ_heads = times(how.scale, matmul(dS, K_heads));
  const dK_heads = times(how.scale, matmul(transposed(dS), Q_heads));

  const [dQ, dK, dV] = [dQ_heads, dK_heads, dV_heads].map(merge_heads); // → (N, D)
  const [dx_Q, dW_Q, db_Q] = affine_backward(dQ, x, p.W_Q);
  const [dx_K, dW_K, db_K] = affine_backward(dK, x, p.W_K);
  const [dx_V, dW_V, db_V] = affine_backward(dV, x, p.W_V);
  const dx = add(add(dx_Q, dx_K), dx_V); // x was used three times: a sum
  const dp = { W_Q: dW_Q, b_Q: db_Q, W_K: dW_K, b_K: db_K, W_V: dW_V, b_V: db_V, W_O: dW_O, b_O: db_O };
  const gradients = {
    Q: dQ, Q_heads: dQ_heads, K: dK, K_heads: dK_heads, V: dV, V_heads: dV_heads,
    S: dS, A: dA, O: dO, concat: dconcat, output: dy,
  };
  return [dx, dp, gradients];
}

// x (H, N, d_k) with 0 for every head that is off. Its own backward: the gradient of a head that is off is 0.
function only_heads(x, heads) {
  const size = x.data.length / x.shape[0];
  return heads ? map_array((value, i) => (heads[Math.floor(i / size)] ? value : 0), x) : x;
}
