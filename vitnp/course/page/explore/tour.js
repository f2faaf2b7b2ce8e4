// The guided tour: each stop sets the state and outlines what it is about; the reader's own state comes back after it.

let stop = -1; // −1: no tour
let before = null; // the reader's state and hold

function start_tour() {
  by_id("start-tour").addEventListener("click", () => go_to_stop(0));
  by_id("tour-next").addEventListener("click", () => go_to_stop(stop + 1));
  by_id("tour-back").addEventListener("click", () => go_to_stop(stop - 1));
  by_id("tour-leave").addEventListener("click", leave_tour);
  addEventListener("resize", place_outline);
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
  before ??= { state: { ...state }, held };
  stop = next;
  held = true;
  document.body.classList.add("touring");
  by_id("tour").hidden = false;
  show(data.json.tour[stop].show);
  choose_tab_of(target());
  scroll_to_target();
  place_outline();
  by_id("tour-title").focus({ preventScroll: true });
}

function leave_tour() {
  stop = -1;
  document.body.classList.remove("touring");
  by_id("tour").hidden = true;
  by_id("tour-outline").hidden = true;
  held = before.held;
  show(before.state);
  before = null;
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
  place_outline();
}

function target() {
  const { at } = data.json.tour[stop];
  const node = at === "#rows" ? by_id(`row-${state.row}`) : document.querySelector(at);
  return node && !node.closest("[hidden]") ? node.closest(".slider") ?? node : by_id("photo");
}

function scroll_to_target() {
  by_id("right").scrollTop = 0;
  show_row(by_id(`row-${state.row}`)); // the text of the stop has another length
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
