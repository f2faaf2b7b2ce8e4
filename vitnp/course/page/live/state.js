// What the page shows: parameters p, a picture, how the pass runs. One forward and one backward pass after each change.

const live = {
  config: null, p: null, first: null, // first: the trained parameters
  how: null,
  image: null, // 0 … 16, as in the data set
  kept: null, // the picture "before", for single pixels
  label: null, // null: what the model predicted first
  chosen: null, // the class of the loss: the label, or that prediction
  drawn: null, // draws it all again
  shown: { block: 0, head: 0, token: 0, row: 0, gradient: false },
  digits: [], history: [],
};

function as_trained() {
  return { scale: true, temperature: 1, positions: true, heads: all_heads(), order: null };
}

function all_heads() {
  return Array.from({ length: live.config.num_layers }, () => Array(live.config.num_heads).fill(true));
}

// A pass with some of `how` exchanged: pass({scale: false}).
function pass(other = {}, image = live.image, p = live.p) {
  return forward(image, p, live.config, { ...live.how, ...other });
}

function loss_of(saved, label) {
  return cross_entropy_forward(saved.logits, label);
}

// Where the largest number is.
function largest(numbers) {
  return numbers.indexOf(Math.max(...numbers));
}

function predicted(saved) {
  return largest(saved.probabilities.data);
}

function probability(saved, label) {
  return saved.probabilities.data[label];
}

function norm({ data }) {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
}

// √Σ‖leaf‖² of a tree of parameters.
function norm_of_leaves(tree) {
  return Math.hypot(...leaves(tree).map(([, array]) => norm(array)));
}

// Everything again: called after every change of p, how, image or label.
function refresh() {
  live.saved = pass();
  live.loss = loss_of(live.saved, live.chosen);
  Object.assign(live, backward(live.saved, live.chosen)); // gradients, dp
  show_now();
  sections.forEach((section) => { section.stale = true; });
  draw_visible();
  clearTimeout(drawing_all);
  drawing_all = setTimeout(draw_all_sections, 500);
}

// Those out of sight too, once nothing changes: a screen reader reads all of the page.
let drawing_all = 0;
function draw_all_sections() {
  in_pieces("sections", sections.length, (i) => draw_section(sections[i]), () => {});
}

function take(image, label, source = null) {
  Object.assign(live, { image, source, kept: image });
  choose_label(label);
}

// The class of the loss. It stays when pixels, heads or parameters change.
function choose_label(label) {
  live.label = label;
  live.chosen = label ?? predicted(pass());
  refresh();
}

// --- sections: drawn when they are in sight

const sections = [];

function section(id, draw) {
  sections.push({ id, draw, stale: true, visible: false });
}

function draw_visible() {
  for (const one of sections) {
    if (one.visible) draw_section(one);
  }
}

function draw_section(one) {
  if (one.stale) {
    one.stale = false;
    one.draw();
  }
}

function watch_sections() {
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) sections.find((one) => one.id === entry.target.id).visible = entry.isIntersecting;
    draw_visible();
  }, { rootMargin: "200px" });
  sections.forEach((one) => observer.observe(by_id(one.id)));
  draw_all_sections(); // so that what is further down has its place before somebody jumps there
}

// --- long work, in pieces that leave the page responsive

const works = {};

// work(i) for i < count, a few at a time, and watch(how many are done); then done(results). A later call of the same
// name ends the earlier one.
function in_pieces(name, count, work, done, watch = () => {}) {
  const own = (works[name] = { results: [] });
  const some = () => {
    if (works[name] !== own) return;
    const end = performance.now() + 12;
    while (own.results.length < count && performance.now() < end) own.results.push(work(own.results.length));
    watch(own.results.length);
    if (own.results.length < count) setTimeout(some);
    else {
      delete works[name];
      done(own.results);
    }
  };
  setTimeout(some);
}
