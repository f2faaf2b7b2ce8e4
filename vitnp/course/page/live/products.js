// The matrix product, which takes most of the model's time.

// The transposed matrices (…, m, n) of x (…, n, m): another way to read the same numbers, for `matmul` alone.
function transposed({ data, shape, flipped }) {
  return { data, shape: [...shape.slice(0, -2), shape.at(-1), shape.at(-2)], flipped: !flipped };
}

// x·y, matrix by matrix: (…, n, k)·(…, k, m) → (…, n, m).
function matmul(x, y) {
  const [n, k, m] = [x.shape.at(-2), x.shape.at(-1), y.shape.at(-1)];
  const z = zeros([...x.shape.slice(0, -1), m]);
  for (let i = 0; i * n * m < z.data.length; i++) {
    one_product(reading(x, i * n * k), reading(y, i * k * m), z.data.subarray(i * n * m, (i + 1) * n * m), [n, k, m]);
  }
  return z;
}

// How the matrix that begins at `at` is read: its number (row, column) is data[at + row·down + column·right].
function reading({ data, shape, flipped }, at) {
  return { data, at, down: flipped ? 1 : shape.at(-1), right: flipped ? shape.at(-2) : 1 };
}

// z = x·y for one pair of matrices, (n, k)·(k, m) → (n, m), two rows by four columns at a time: each number that is
// read is used more than once, which takes a third of the time. At the edge the last row or column is made again.
function one_product(x, y, z, [n, k, m]) {
  const [X, Y] = [x.data, y.data];
  for (let row = 0; row < n; row += 2) {
    const x1 = row + 1 < n ? x.down : 0;
    const z1 = row + 1 < n ? m : 0;
    for (let column = 0; column < m; column += 4) {
      const [c1, c2, c3] = [Math.min(1, m - 1 - column), Math.min(2, m - 1 - column), Math.min(3, m - 1 - column)];
      const [y1, y2, y3] = [c1 * y.right, c2 * y.right, c3 * y.right];
      let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
      let at_x = x.at + row * x.down;
      let at_y = y.at + column * y.right;
      for (let i = 0; i < k; i++) {
        const a = X[at_x], b = X[at_x + x1];
        const w0 = Y[at_y], w1 = Y[at_y + y1], w2 = Y[at_y + y2], w3 = Y[at_y + y3];
        a0 += a * w0; a1 += a * w1; a2 += a * w2; a3 += a * w3;
        b0 += b * w0; b1 += b * w1; b2 += b * w2; b3 += b * w3;
        at_x += x.right;
        at_y += y.down;
      }
      const at = row * m + column;
      z[at] = a0; z[at + c1] = a1; z[at + c2] = a2; z[at + c3] = a3;
      z[at + z1] = b0; z[at + z1 + c1] = b1; z[at + z1 + c2] = b2; z[at + z1 + c3] = b3;
    }
  }
}
