// A head off: its O is 0. Each switch says what the loss does when just this head changes.

function start_heads() {
  const { num_layers, num_heads } = live.config;
  const grid = by_id("switches");
  grid.style.gridTemplateColumns = `auto repeat(${num_heads}, 1fr)`;
  grid.append(...head_names());
  for (let block = 0; block < num_layers; block++) {
    grid.append(element("span", { className: "row-name block-name" }));
    for (let head = 0; head < num_heads; head++) {
      const button = element("button", { role: "switch", "data-head": `${block}.${head}` },
        element("b"), element("span", {}, "\u00a0"));
      button.addEventListener("click", () => switch_heads([[block, head]]));
      grid.append(button);
    }
  }
  tab_stop(grid);
  arrows(grid, num_heads);
  on("heads-on", "click", () => {
    live.how = { ...live.how, heads: all_heads() };
    refresh();
  });
  on("heads-least", "click", () => switch_heads(extreme_head(-1)));
  on("heads-most", "click", () => switch_heads(extreme_head(1)));
}

function with_switched(heads, places) {
  return heads.map((row, l) => row.map((one, h) => (places.some(([pl, ph]) => pl === l && ph === h) ? !one : one)));
}

function switch_heads(places) {
  live.how = { ...live.how, heads: with_switched(live.how.heads, places) };
  refresh();
}

function every_head() {
  const { num_layers, num_heads } = live.config;
  return Array.from({ length: num_layers * num_heads }, (_, i) => [Math.floor(i / num_heads), i % num_heads]);
}

// The change of the loss when just this head is switched.
function change_by(place) {
  return loss_of(pass({ heads: with_switched(live.how.heads, [place]) }), live.chosen) - live.loss;
}

// Of the heads that are on, the one without which the loss rises most (sign 1) or least (−1).
function extreme_head(sign) {
  const on_ = every_head().filter(([block, head]) => live.how.heads[block][head]);
  const changes = on_.map((place) => sign * change_by(place));
  return on_.filter((_, i) => i === largest(changes));
}

function draw_heads() {
  const places = every_head();
  const buttons = [...by_id("switches").querySelectorAll("button")];
  name_grid(by_id("switches"));
  places.forEach(([block, head], i) => {
    const is_on = live.how.heads[block][head];
    buttons[i].setAttribute("aria-checked", String(is_on));
    buttons[i].firstChild.textContent = word(is_on ? "on" : "off");
  });
  const off = places.filter(([block, head]) => !live.how.heads[block][head]).length;
  const whole = pass({ heads: null });
  set_text("heads-line", word("heads_line", {
    off, count: places.length, before: number(loss_of(whole, live.chosen)), after: number(live.loss),
    digit: predicted(live.saved),
  }));
  in_pieces("heads", places.length, (i) => change_by(places[i]), (changes) => {
    live.head_changes = changes;
    const most = Math.max(...changes.map(Math.abs)) || 1;
    changes.forEach((dloss, i) => {
      const size = Math.abs(dloss).toFixed(3);
      const change_said = Number(size) ? `${dloss < 0 ? "−" : "+"}${size}` : size;
      buttons[i].lastChild.textContent = change_said;
      const place = { block: places[i][0] + 1, head: places[i][1] + 1 };
      buttons[i].setAttribute("aria-label", word("switch_label", { ...place, change: change_said }));
      buttons[i].style.setProperty("--share", Math.abs(dloss) / most);
      buttons[i].classList.toggle("less", dloss < 0);
    });
  });
}
