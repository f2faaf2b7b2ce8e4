// Inside: who attends to whom, in every block and head, for the chosen token.

function start_maps() {
  const tokens = by_id("tokens");
  tokens.style.gridTemplateColumns = `repeat(${grid_size()}, 1fr)`;
  for (let token = 0; token <= grid_size() ** 2; token++) {
    const button = element("button", { "data-token": String(token) }, token ? element("canvas") : "[CLS]");
    button.addEventListener("click", () => show_inside({ token }));
    tokens.append(button);
  }
  const maps = by_id("maps");
  maps.style.gridTemplateColumns = `auto repeat(${live.config.num_heads}, 1fr)`;
  maps.append(...head_names());
  for (let block = 0; block < live.config.num_layers; block++) {
    maps.append(element("span", { className: "row-name block-name" }));
    for (let head = 0; head < live.config.num_heads; head++) {
      const button = element("button", { "data-map": `${block}.${head}` }, element("canvas"),
        element("b"), element("span"));
      button.addEventListener("click", () => show_inside({ block, head }));
      maps.append(button);
    }
  }
  [tokens, maps].forEach(tab_stop);
  arrows(tokens, grid_size());
  arrows(maps, live.config.num_heads);
}

// The first line of a grid of blocks and heads; name_grid fills it in.
function head_names() {
  const name = () => element("span", { className: "row-name head-name" });
  return [element("span"), ...Array.from({ length: live.config.num_heads }, name)];
}

function name_grid(grid) {
  grid.querySelectorAll(".block-name").forEach((name, i) => { name.textContent = word("block_n", { n: i + 1 }); });
  grid.querySelectorAll(".head-name").forEach((name, i) => { name.textContent = word("head_n", { n: i + 1 }); });
}

function show_inside(change) {
  Object.assign(live.shown, change);
  draw_inside();
}

function draw_inside() {
  draw_tokens();
  draw_maps();
  draw_row();
}

function draw_tokens() {
  const image = seen();
  const side = live.config.patch_size;
  [...by_id("tokens").children].forEach((button, token) => {
    if (token) picture(button.firstChild, patch_of(image, token), side, side, paper);
    button.setAttribute("aria-pressed", String(token === live.shown.token));
    button.setAttribute("aria-label", token_name(token));
  });
  set_text("token-caption", word("token_caption", { token: token_name(live.shown.token) }));
}

// The attention weights of one query: T numbers, the first of [CLS].
function weights_of(saved, block, head, token) {
  const A = saved.tensors[`blocks.${block}.attention.A`];
  const T = A.shape.at(-1);
  return A.data.subarray((head * T + token) * T, (head * T + token + 1) * T);
}

function draw_maps() {
  const { token, block, head } = live.shown;
  const size = grid_size();
  name_grid(by_id("maps"));
  for (const button of by_id("maps").querySelectorAll("button")) {
    const [l, h] = button.dataset.map.split(".").map(Number);
    const weights = weights_of(live.saved, l, h, token);
    const most = Math.max(...weights.subarray(1));
    picture(button.firstChild, weights.subarray(1), size, size, (a) => cividis(a / (most || 1)));
    button.querySelector("b").textContent = share(most);
    button.lastChild.textContent = `[CLS] ${share(weights[0])}`;
    button.setAttribute("aria-pressed", String(l === block && h === head));
    const values = { block: l + 1, head: h + 1, most: share(most), cls: share(weights[0]) };
    button.setAttribute("aria-label", word("map_label", values));
  }
  const weights = weights_of(live.saved, block, head, token);
  const first = largest(weights);
  set_text("map-caption", word("map_caption", {
    block: block + 1, head: head + 1, token: token_name(token), key: token_name(first), weight: share(weights[first]),
  }));
}
