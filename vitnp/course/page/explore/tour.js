// The guided tour: each stop sets the state, outlines what it is about and stands beside it.

let stop = -1; // −1: no tour

function start_tour() {
  by_id("start-tour").addEventListener("click", () => go_to_stop(0));
  by_id("tour-next").addEventListener("click", () => go_to_stop(stop + 1));
  by_id("tour-back").addEventListener("click", () => go_to_stop(stop - 1));
  by_id("tour-leave").addEventListener("click", leave_tour);
  addEventListener("resize", place_tour);
  addEventListener("scroll", place_outline, { capture: true, passive: true });
  views.push(write_tour);
}

function go_to_stop(next) {
  if (next < 0) {
    return;
  }
  if (next >= data.json.tour.length) {
    leave_tour();
    return;
  }
  stop = next;
  held = true;
  document.body.classList.add("touring");
  show(data.json.tour[stop].show);
  by_id("tour").hidden = false;
  choose_tab_of(target());
  scroll_to_target();
  place_tour();
  by_id("tour-title").focus({ preventScroll: true });
}

function leave_tour() {
  stop = -1;
  document.body.classList.remove("touring");
  by_id("tour").hidden = true;
  by_id("tour-outline").hidden = true;
  by_id("start-tour").focus();
}

function write_tour() {
  if (stop < 0 || !changed("tour", stop, spoken.language)) {
    return;
  }
  const { title, text } = data.json.tour[stop];
  const count = data.json.tour.length;
  set_text("tour-count", word("stop", { number: stop + 1, count }));
  set_text("tour-title", in_language(title));
  set_text("tour-text", in_language(text));
  set_text("tour-next", word(stop + 1 === count ? "finish" : "next"));
  by_id("tour-back").disabled = stop === 0;
  place_tour();
}

function target() {
  const { at } = data.json.tour[stop];
  const node = at === "#rows" ? by_id(`row-${state.row}`) : document.querySelector(at);
  return node && !node.closest("[hidden]") ? node.closest(".slider") ?? node : by_id("photo");
}

function scroll_to_target() {
  by_id("right").scrollTop = 0;
  const one_column = getComputedStyle(by_id("middle")).overflowY === "visible";
  target().scrollIntoView({ block: one_column ? "start" : "nearest" });
}

// What is outlined, no more of it than can be seen.
function visible_box(node) {
  const box = node.getBoundingClientRect();
  const outer = node.closest("section")?.getBoundingClientRect() ?? box;
  const top = Math.max(box.top, outer.top, 0);
  const bottom = Math.min(box.bottom, outer.bottom, innerHeight);
  return { left: Math.max(box.left, 0), right: Math.min(box.right, innerWidth), top, bottom: Math.max(bottom, top) };
}

function place_outline() {
  if (stop < 0) {
    return;
  }
  const { left, top, right, bottom } = visible_box(target());
  const outline = by_id("tour-outline");
  outline.hidden = bottom - top < 1;
  Object.assign(outline.style, {
    left: `${left - 5}px`, top: `${top - 5}px`, width: `${right - left + 10}px`, height: `${bottom - top + 10}px`,
  });
}

// Beside the target's column, or above or below the target, where there is room; on a narrow page at the end of the page that the target leaves free.
function place_tour() {
  if (stop < 0) {
    return;
  }
  place_outline();
  const box = by_id("tour");
  const { left, right, top, bottom } = visible_box(target());
  const column = target().closest("section").getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const [gap, middle] = [18, within((top + bottom - height) / 2, 12, Math.max(12, innerHeight - height - 12))];
  const center = within((left + right - width) / 2, 12, Math.max(12, innerWidth - width - 12));
  const choices = [
    [column.right + gap, middle, column.right + gap + width < innerWidth],
    [column.left - gap - width, middle, column.left - gap - width > 0],
    [center, bottom + gap, bottom + gap + height < innerHeight], [center, top - gap - height, top - gap - height > 0],
  ];
  const free_below = innerHeight - bottom > top;
  const [x, y] = choices.find(([, , fits]) => fits) ?? [center, free_below ? innerHeight - height - 8 : 8];
  box.style.left = `${x}px`;
  box.style.top = `${y}px`;
}
