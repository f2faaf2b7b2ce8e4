// Shuffle the patches, with the position embedding and without it.

let picked = null; // the place that waits for the one it is exchanged with, until anything else on the page changes

function start_positions() {
  const places = by_id("shuffled");
  places.style.gridTemplateColumns = `repeat(${grid_size()}, 1fr)`;
  for (let n = 0; n < grid_size() ** 2; n++) {
    const button = element("button", {}, element("canvas"));
    button.addEventListener("click", () => exchange(n));
    places.append(button);
  }
  tab_stop(places);
  arrows(places, grid_size());
  on("shuffle", "click", () => reorder(shuffled(live.how.order ?? in_order())));
  on("unshuffle", "click", () => reorder(in_order()));
  on("positions-on", "change", (event) => {
    live.how = { ...live.how, positions: event.target.checked };
    refresh();
  });
}

function in_order() {
  return Array.from({ length: grid_size() ** 2 }, (_, n) => n);
}

function shuffled(order) {
  const mixed = [...order];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
  }
  return mixed;
}

function reorder(order) {
  live.how = { ...live.how, order: order.every((from, n) => from === n) ? null : order };
  refresh();
}

function exchange(n) {
  if (picked?.saved !== live.saved) {
    picked = { n, saved: live.saved };
    return draw_positions();
  }
  const order = [...(live.how.order ?? in_order())];
  [order[picked.n], order[n]] = [order[n], order[picked.n]];
  reorder(order);
}

function draw_positions() {
  const image = seen();
  const side = live.config.patch_size;
  const order = live.how.order ?? in_order();
  [...by_id("shuffled").children].forEach((button, n) => {
    picture(button.firstChild, patch_of(image, n + 1), side, side, paper);
    button.classList.toggle("changed", order[n] !== n);
    button.setAttribute("aria-pressed", String(picked?.saved === live.saved && picked.n === n));
    const names = { place: token_name(n + 1), from: token_name(order[n] + 1) };
    button.setAttribute("aria-label", word("place_label", names));
  });
  const [on_, off] = [true, false].map((positions) => compared(positions));
  live.shuffle = { on: on_.difference, off: off.difference };
  const label = live.chosen;
  table("position-numbers", ["", word("with_positions"), word("without_positions")], [
    [word("class_in_order"), String(predicted(on_.before)), String(predicted(off.before))],
    [word("class_shuffled"), String(predicted(on_.after)), String(predicted(off.after))],
    [word("p_of_label", { label }), share(probability(on_.after, label)), share(probability(off.after, label))],
    [word("logit_difference"), number(on_.difference), number(off.difference)],
  ]);
}

// The picture in order and as it is now: the largest difference of a logit.
function compared(positions) {
  const before = pass({ positions, order: null });
  const after = pass({ positions });
  const logits = after.logits.data;
  const difference = Math.max(...before.logits.data.map((logit, k) => Math.abs(logit - logits[k])));
  return { before, after, difference };
}
