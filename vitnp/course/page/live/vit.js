// The ViT of one image: the steps in order, then in reverse.
//
//   saved = forward(image, p, config, how)
//   {loss, gradients, dp} = backward(saved, label)
//
// saved.tensors and gradients have the names of `vitnp.trace`, without the batch axis for all but the class's row.

// What a visitor may change. scale: divide the scores by √d_k. temperature: of the softmax of the scores.
// positions: add E_pos. heads: null, or [[whether head h is on, …] of each block]. order: null, or of which patch each
// place has the values.
const PLAIN = { scale: true, temperature: 1, positions: true, heads: null, order: null };

// loss = −log p, so ∂loss/∂p = −1/p. p may underflow to 0: then 1/p is that of this number, the smallest normal one.
const TINY = 2 ** -1022;

// image: Float64Array (Hᵢ·Wᵢ·C) of pixels 0 … config.pixel_max, scaled here as Python's data does.
function forward(image, p, config, how = PLAIN) {
  const given = { ...PLAIN, ...how };
  const x = scaled(image, config);
  const grid = grid_forward(x, config.patch_size);
  const patches = patchify_forward(grid, given.order); // (N, P·P·C)
  const [patch_tokens, project] = project_forward(patches, p.project); // → (N, D)
  const tokens = class_token_forward(patch_tokens, p.class_token); // → (N+1, D)
  const [z0, E_pos] = position_forward(tokens, p.position, given.positions);
  const tensors = { image: x, grid, patches, patch_tokens, tokens, E_pos, z0 };

  let z = z0;
  const blocks = [];
  for (let i = 0; i < config.num_layers; i++) {
    const [next, saved] = block_forward(z, p.blocks[i], config, attention_how(config, given, i));
    blocks.push(saved);
    Object.assign(tensors, prefixed(`blocks.${i}.`, saved.tensors));
    z = next;
  }

  const [normed, norm] = layer_norm_forward(z, p.norm, config.layer_norm_eps);
  const [logits, classify] = classify_forward(normed, p.classify);
  const probabilities = softmax_forward(logits);
  Object.assign(tensors, { norm: normed }, classify.tensors, { p: probabilities });
  return { tensors, logits, probabilities, how: given, project, blocks, norm, classify };
}

// label: the class of the image → {loss, gradients: {name: ∂loss/∂tensor}, dp: the same tree as p}.
function backward(saved, label) {
  const { probabilities, logits, how, tensors } = saved;
  const loss = cross_entropy_forward(logits, label);
  const dlogits = cross_entropy_backward(probabilities, label);
  const [dnorm, dclassify, of_classify] = classify_backward(dlogits, saved.classify);
  let [dz, dnorm_p] = layer_norm_backward(dnorm, saved.norm);

  const dblocks = {};
  const of_blocks = {};
  for (let i = saved.blocks.length - 1; i >= 0; i--) {
    const [dx, dp, gradients] = block_backward(dz, saved.blocks[i]);
    dblocks[i] = dp;
    Object.assign(of_blocks, prefixed(`blocks.${i}.`, gradients));
    dz = dx;
  }

  const [dtokens, dposition] = position_backward(dz, how.positions);
  const [dpatch_tokens, dclass_token] = class_token_backward(dtokens);
  const [dpatches, dproject] = project_backward(dpatch_tokens, saved.project);
  const dgrid = patchify_backward(dpatches, { shape: tensors.grid.shape, order: how.order });
  const of_input = {
    image: grid_backward(dgrid), grid: dgrid, patches: dpatches, patch_tokens: dpatch_tokens, tokens: dtokens,
    E_pos: dposition.E_pos, z0: dz,
  };
  const dprobabilities = map_array((p, i) => (i === label ? -1 / Math.max(p, TINY) : 0), probabilities);
  return {
    loss,
    gradients: { ...of_input, ...of_blocks, norm: dnorm, ...of_classify, p: dprobabilities },
    dp: {
      project: dproject, class_token: dclass_token, position: dposition, blocks: dblocks, norm: dnorm_p,
      classify: dclassify,
    },
  };
}

// Pixels 0 … pixel_max → (pixel/pixel_max − mean)/std, (Hᵢ, Wᵢ, C).
function scaled(image, { image_size, in_channels, pixel_max, mean, std }) {
  const pixels = { data: image, shape: [...image_size, in_channels] };
  return map_array((pixel) => (pixel / pixel_max - mean) / std, pixels);
}

// How block i attends.
function attention_how({ num_heads, hidden_size }, how, i) {
  const scale = how.scale ? 1 / Math.sqrt(hidden_size / num_heads) : 1;
  return { num_heads, scale, temperature: how.temperature, heads: how.heads && how.heads[i] };
}

// One block: z′ = MSA(LN(z)) + z, z″ = MLP(LN(z′)) + z′: (N+1, D) → (N+1, D).
function block_forward(x, p, config, how) {
  const [norm_1, saved_1] = layer_norm_forward(x, p.norm_1, config.layer_norm_eps);
  const [a, attention] = attention_forward(norm_1, p.attention, how);
  const residual_1 = add(x, a);
  const [norm_2, saved_2] = layer_norm_forward(residual_1, p.norm_2, config.layer_norm_eps);
  const [f, feed_forward] = feed_forward_forward(norm_2, p.feed_forward, config.gelu);
  const residual_2 = add(residual_1, f);
  const tensors = {
    norm_1, ...prefixed("attention.", attention.tensors), residual_1,
    norm_2, ...prefixed("feed_forward.", feed_forward.tensors), residual_2,
  };
  return [residual_2, { norm_1: saved_1, attention, norm_2: saved_2, feed_forward, tensors }];
}

// dx (N+1, D) of its output → dx of its input, the gradients of its parameters and of its tensors.
function block_backward(dx, saved) {
  // z″ = z′ + f: the gradient goes both ways
  const [df, dfeed_forward, of_feed_forward] = feed_forward_backward(dx, saved.feed_forward);
  const [dx_2, dnorm_2] = layer_norm_backward(df, saved.norm_2);
  const dresidual_1 = add(dx, dx_2);
  // z′ = z + a
  const [da, dattention, of_attention] = attention_backward(dresidual_1, saved.attention);
  const [dx_1, dnorm_1] = layer_norm_backward(da, saved.norm_1);
  const dinput = add(dresidual_1, dx_1);
  const dp = { norm_1: dnorm_1, attention: dattention, norm_2: dnorm_2, feed_forward: dfeed_forward };
  const gradients = {
    norm_1: da, ...prefixed("attention.", of_attention), residual_1: dresidual_1,
    norm_2: df, ...prefixed("feed_forward.", of_feed_forward), residual_2: dx,
  };
  return [dinput, dp, gradients];
}

function prefixed(prefix, arrays) {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [prefix + name, array]));
}
