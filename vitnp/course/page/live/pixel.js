// Change a pixel: what the gradient of the image predicts, and what happens.

function start_pixels() {
  const grid = by_id("pixels");
  const [height, width] = live.config.image_size;
  for (let row = 0; row < height; row++) {
    const line = element("div", { role: "row" });
    line.style.gridTemplateColumns = `repeat(${width}, 1fr)`;
    for (let column = 0; column < width; column++) line.append(pixel_button(row * width + column));
    grid.append(line);
  }
  tab_stop(grid);
  arrows(grid, width);
  grid.addEventListener("keydown", (event) => {
    const i = [...grid.querySelectorAll("button")].indexOf(document.activeElement);
    if (i >= 0 && /^[0-9]$/.test(event.key)) set_pixel(i, Math.round((Number(event.key) * 16) / 9));
  });
  on("ink", "input", () => show_value("ink", by_id("ink").value));
  on("strongest", "click", change_strongest);
  on("pixel-back", "click", () => { live.image = live.kept; refresh(); });
  on("pixel-keep", "click", () => { live.kept = live.image; refresh(); });
  show_value("ink", by_id("ink").value);
}

function pixel_button(i) {
  const button = element("button", { role: "gridcell", "data-pixel": String(i) });
  button.addEventListener("click", () => {
    const ink = Number(by_id("ink").value);
    set_pixel(i, live.image[i] === ink ? 0 : ink); // twice: away again
  });
  // A mouse may paint; a finger on the picture scrolls the page.
  button.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse" && event.buttons === 1) set_pixel(i, Number(by_id("ink").value));
  });
  return button;
}

function with_pixel(i, value) {
  return live.image.map((old, j) => (j === i ? value : old));
}

function set_pixel(i, value) {
  live.image = with_pixel(i, value);
  refresh();
}

// ∂loss/∂pixel for pixels of 0 … 16: the model's own image is (pixel/16 − mean)/std.
function pixel_gradient(gradients) {
  const { pixel_max, std } = live.config;
  return gradients.image.data.map((g) => g / (pixel_max * std));
}

// The pixel that raises the loss most, to 16 where ink raises it and to 0 where paper does. The gradient names eight;
// a pass with each decides, because so large a change is not what a gradient describes.
function change_strongest() {
  const gradient = pixel_gradient(live.gradients);
  const gains = Array.from(gradient, (g, i) => [g * (goal(g) - live.image[i]), i]);
  const eight = gains.sort(([a], [b]) => b - a).slice(0, 8).map(([, i]) => i);
  const losses = eight.map((i) => loss_of(pass({}, with_pixel(i, goal(gradient[i]))), live.chosen));
  const i = eight[largest(losses)];
  set_pixel(i, goal(gradient[i]));
}

function goal(g) {
  return g > 0 ? 16 : 0;
}

function draw_pixels() {
  const gradient = pixel_gradient(live.gradients);
  const width = live.config.image_size[1];
  by_id("pixels").querySelectorAll("button").forEach((button, i) => {
    button.style.background = `rgb(${paper(live.image[i]).join(" ")})`;
    button.classList.toggle("changed", live.image[i] !== live.kept[i]);
    const place = { row: Math.floor(i / width) + 1, column: (i % width) + 1 };
    const values = { value: live.image[i], gradient: number(gradient[i]) };
    button.setAttribute("aria-label", word("pixel_label", { ...place, ...values }));
  });
  const most = Math.max(...gradient.map(Math.abs));
  picture(by_id("gradient"), gradient, ...live.config.image_size, (g) => diverging(g / (most || 1)));
  set_text("gradient-caption", word("gradient_caption", { most: number(most) }));
  by_id("gradient").setAttribute("aria-label", word("gradient_caption", { most: number(most) }));
  pixel_table();
}

function pixel_table() {
  const before = pass({}, live.kept);
  const label = live.chosen;
  const back = backward(before, label);
  const slope = pixel_gradient(back.gradients);
  const first_order = slope.reduce((sum, g, i) => sum + g * (live.image[i] - live.kept[i]), 0);
  const [best, now] = [predicted(before), predicted(live.saved)];
  live.pixels = { predicted: first_order, true: live.loss - loss_of(before, label) };
  table("pixel-numbers", ["", word("before"), word("after")], [
    [word("predicted_class"), String(best), String(now)],
    [word("p_of_label", { label }), share(probability(before, label)), share(probability(live.saved, label))],
    [word("loss_name"), number(loss_of(before, label)), number(live.loss)],
    [word("change_true"), "", number(live.pixels.true)],
    [word("change_predicted"), "", number(first_order)],
  ]);
}
