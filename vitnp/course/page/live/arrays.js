// Arrays and trees of arrays. An array is {data: Float64Array, shape: [...]}, the last axis varies fastest.
// A tree is nested objects, as in Python: p.blocks[0].attention.W_Q has the dotted name "blocks.0.attention.W_Q".

function zeros(shape) {
  return { data: new Float64Array(shape.reduce((product, size) => product * size, 1)), shape };
}

// f(value, index) of every number.
function map_array(f, x) {
  const y = zeros(x.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i], i);
  return y;
}

// x + y, element by element.
function add(x, y) {
  const z = zeros(x.shape);
  for (let i = 0; i < z.data.length; i++) z.data[i] = x.data[i] + y.data[i];
  return z;
}

function times(factor, x) {
  return map_array((value) => factor * value, x);
}

// [[dotted name, array], …] of every leaf, in the order of the forward pass.
function leaves(tree, prefix = "") {
  return Object.entries(tree).flatMap(([key, value]) =>
    value.data ? [[prefix + key, value]] : leaves(value, `${prefix}${key}.`));
}

// The tree of [[dotted name, array], …]: the inverse of `leaves`.
function from_leaves(named) {
  const tree = {};
  for (const [name, leaf] of named) {
    const path = name.split(".");
    const last = path.pop();
    let node = tree;
    for (const key of path) node = node[key] ??= {};
    node[last] = leaf;
  }
  return tree;
}

// The parameters of the page: `parameters` of the JSON, [{name, shape, at}, …], and the bytes they count in.
function read_parameters(parameters, binary) {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  return from_leaves(parameters.map(({ name, shape, at }) => {
    const leaf = zeros(shape);
    for (let i = 0; i < leaf.data.length; i++) leaf.data[i] = float16(view.getUint16(at + 2 * i, true));
    return [name, leaf];
  }));
}

// The number of 16 bits: sign (1), exponent (5), fraction (10), as IEEE 754 has it.
function float16(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return (sign * fraction) / 2 ** 24; // too small for a leading 1
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
