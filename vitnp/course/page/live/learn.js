// One step of training, and the check of one gradient.

// Gradient descent: p − rate·dp, a new tree.
function step(p, dp, rate) {
  const gradients = new Map(leaves(dp));
  return from_leaves(leaves(p).map(([name, leaf]) => {
    const gradient = gradients.get(name).data;
    return [name, map_array((value, i) => value - rate * gradient[i], leaf)];
  }));
}

// Part of the largest gradient of any parameter. An error is relative to no less than this: the key bias, which
// softmax cancels, has the exact gradient 0, and rounding over rounding means nothing.
const FLOOR = 1e-6;

// The gradient of one parameter, number `index` of the leaf with this dotted name: by backward, and by the central
// difference (loss(w + h) − loss(w − h))/2h. relative: their difference over the largest of the two and `floor`.
function check(image, label, p, config, how, leaf, index, h) {
  const gradients = leaves(backward(forward(image, p, config, how), label).dp);
  const analytic = new Map(gradients).get(leaf).data[index];
  const floor = FLOOR * Math.max(...gradients.map(([, { data }]) => largest_size(data)));
  const loss = (change) => {
    const { logits } = forward(image, changed(p, leaf, index, change), config, how);
    return cross_entropy_forward(logits, label);
  };
  const numeric = (loss(h) - loss(-h)) / (2 * h);
  const larger = Math.max(Math.abs(analytic), Math.abs(numeric), floor);
  return { analytic, numeric, floor, relative: Math.abs(analytic - numeric) / (larger || 1) };
}

function largest_size(numbers) {
  return numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

// p with number `index` of one leaf changed; the other leaves are the same arrays.
function changed(p, leaf, index, change) {
  return from_leaves(leaves(p).map(([name, array]) => {
    if (name !== leaf) return [name, array];
    return [name, map_array((value, i) => (i === index ? value + change : value), array)];
  }));
}
