// Colors of values: cividis for what is never negative; blue, the page's color, orange for what has a sign.

// 18 evenly spaced colors of matplotlib's cividis.
const CIVIDIS = [
  [0, 34, 78], [0, 45, 104], [22, 55, 112], [46, 65, 109], [63, 76, 108], [78, 86, 108], [92, 97, 110],
  [105, 107, 113], [118, 118, 118], [131, 129, 121], [146, 140, 120], [160, 152, 117], [175, 164, 113],
  [191, 176, 107], [207, 189, 98], [223, 202, 87], [240, 216, 70], [254, 232, 56],
];

function between(a, b, part) {
  return a.map((from, i) => Math.round(from + (b[i] - from) * part));
}

// The color of 0 … 1.
function cividis(value) {
  const at = Math.min(Math.max(value, 0), 1) * (CIVIDIS.length - 1);
  const below = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return between(CIVIDIS[below], CIVIDIS[below + 1], at - below);
}

// The color of −1 … 1.
function diverging(value) {
  const middle = is_dark() ? [29, 33, 38] : [255, 255, 255];
  const [blue, orange] = is_dark() ? [[86, 180, 233], [255, 143, 74]] : [[0, 114, 178], [213, 94, 0]];
  return between(middle, value < 0 ? blue : orange, Math.min(Math.abs(value), 1));
}

// `count` colors from the first to the last as the 32-bit pixels of an ImageData.
function palette(color, from, to, count = 256) {
  return Uint32Array.from({ length: count }, (_, i) => pixel(color(from + ((to - from) * i) / (count - 1))));
}

// Canvases hold red, green, blue, alpha in this order of bytes; every browser's machine is little-endian.
function pixel([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// Fills a canvas of width x height with pixels: of(i) is the pixel of number i, row by row.
function paint(canvas, width, height, of) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i += 1) {
    pixels[i] = of(i);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
