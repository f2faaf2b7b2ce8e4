// Draw a digit: strokes on a pad, and the 8×8 image that the data set would have of them.
// The data set's digits are 32×32 black and white; of each square of 4×4 the black dots are counted: 0 … 16.

// Parts of the picture's side.
const WIDEST = 0.81; // most digits of the data set leave a column free on both sides
const PEN = 0.16; // with it a drawn digit has about as much ink as the data set's (4.9 of 16)

let strokes = []; // [[[x, y], …], …], 0 … 1
let drawing = false;
let cursor = [0.5, 0.2]; // of the keyboard

function start_pad() {
  const pad = by_id("pad");
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    strokes.push([at(event)]);
    drawing = true;
    show_drawing();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    strokes.at(-1).push(at(event));
    show_drawing();
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { drawing = false; });
  pad.addEventListener("keydown", draw_by_keys);
  pad.addEventListener("focus", draw_pad);
  pad.addEventListener("blur", () => { drawing = false; draw_pad(); });
  on("pad-clear", "click", () => { strokes = []; show_drawing(); });
  on("pad-undo", "click", () => { strokes.pop(); show_drawing(); });
}

// Arrows move the pen, the space bar puts it down and lifts it.
function draw_by_keys(event) {
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!by && event.key !== " ") return;
  event.preventDefault();
  if (by) cursor = cursor.map((value, i) => Math.min(0.95, Math.max(0.05, value + by[i] / 20)));
  else drawing = !drawing;
  if (drawing && !by) strokes.push([cursor]);
  if (drawing && by) strokes.at(-1).push(cursor);
  if (drawing) show_drawing();
  else draw_pad();
}

function show_drawing() {
  draw_pad();
  const label = live.source.drawn ? live.label : null;
  take(strokes.length ? digit_of(strokes) : new Float64Array(live.config.image_size[0] ** 2), label, { drawn: true });
}

function draw_pad() {
  const pad = by_id("pad");
  const context = pad.getContext("2d");
  context.fillStyle = "#fafafa";
  context.fillRect(0, 0, pad.width, pad.height);
  Object.assign(context, { lineWidth: pad.width / 11, lineCap: "round", lineJoin: "round", strokeStyle: "#12161c" });
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of [stroke[0], ...stroke]) context.lineTo(x * pad.width, y * pad.height);
    context.stroke();
  }
  const by_keys = pad.matches(":focus-visible");
  if (strokes.length === 0) hint(context, pad.width, word(by_keys ? "pad_keys" : "pad_hint"));
  if (by_keys) cross(context, pad.width);
}

function hint(context, size, text) {
  Object.assign(context, { fillStyle: "#8a8f98", font: `${size / 20}px sans-serif`, textAlign: "center" });
  context.fillText(text, size / 2, size / 2);
}

function cross(context, size) {
  context.fillStyle = drawing ? "#D55E00" : "#0072B2";
  context.beginPath();
  context.arc(cursor[0] * size, cursor[1] * size, size / 40, 0, 2 * Math.PI);
  context.fill();
}

// The strokes as high as the picture and in its middle, drawn with a pen of fixed width, and counted: 0 … 16 a pixel.
function digit_of(lines) {
  const side = live.config.image_size[0];
  const dots = 4 * side;
  const placed = in_place(lines);
  const image = new Float64Array(side ** 2);
  for (let row = 0; row < dots; row++) {
    for (let column = 0; column < dots; column++) {
      const black = is_black(placed, (column + 0.5) / dots, (row + 0.5) / dots);
      if (black) image[Math.floor(row / 4) * side + Math.floor(column / 4)] += 1;
    }
  }
  return image;
}

function in_place(lines) {
  const [left, right] = extent(lines.flat().map(([x]) => x));
  const [top, bottom] = extent(lines.flat().map(([, y]) => y));
  const tall = (1 - PEN) / Math.max(bottom - top, (right - left) / 4, 0.05); // a dash stays a dash
  const wide = Math.min(tall, (WIDEST - PEN) / Math.max(right - left, 1e-9));
  const place = ([x, y]) => [0.5 + wide * (x - (left + right) / 2), 0.5 + tall * (y - (top + bottom) / 2)];
  return lines.map((line) => line.map(place));
}

function extent(values) {
  return [Math.min(...values), Math.max(...values)];
}

function is_black(lines, x, y) {
  return lines.some((line) => line.some((point, i) => distance([x, y], line[Math.max(0, i - 1)], point) <= PEN / 2));
}

// Of a point from the segment from a to b.
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
