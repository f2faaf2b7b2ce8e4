// Lines and bars.

const CHART = { width: 420, height: 250, left: 52, right: 18, top: 14, bottom: 44 };

function drawn_as(tag, attributes, ...inside) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.append(...inside);
  return made;
}

// lines: [{name, points: [[x, y], …]}]; x, y: {from, to, ticks: [[value, text], …], name}; mark: an x to point at.
function line_chart(id, { lines, x, y, mark, label }) {
  const { width, height, left, right, top, bottom } = CHART;
  const at_x = (value) => left + ((value - x.from) / (x.to - x.from)) * (width - left - right);
  const at_y = (value) => height - bottom - ((value - y.from) / (y.to - y.from)) * (height - top - bottom);
  const viewBox = `0 0 ${width} ${height}`;
  const chart = drawn_as("svg", { viewBox, role: "img", "aria-label": label, class: "chart" });
  for (const [value, text] of y.ticks) {
    const [y1, y2] = [at_y(value), at_y(value)];
    chart.append(drawn_as("line", { class: "grid-line", x1: left, x2: width - right, y1, y2 }));
    chart.append(drawn_as("text", { class: "tick end", x: left - 6, y: at_y(value) + 5 }, text));
  }
  for (const [value, text] of x.ticks) {
    chart.append(drawn_as("text", { class: "tick middle", x: at_x(value), y: height - bottom + 20 }, text));
  }
  chart.append(drawn_as("text", { class: "tick middle", x: (left + width - right) / 2, y: height - 4 }, x.name));
  if (mark !== undefined) {
    chart.append(drawn_as("line", { class: "mark", x1: at_x(mark), x2: at_x(mark), y1: top, y2: height - bottom }));
  }
  lines.forEach(({ points }, i) => {
    const path = points.map(([px, py]) => `${at_x(px).toFixed(1)},${at_y(py).toFixed(1)}`).join(" ");
    chart.append(drawn_as("polyline", { class: `line line-${i}`, points: path }));
  });
  const named = lines.length > 1 ? lines : [];
  const keys = named.map(({ name }, i) => element("span", { className: `key key-${i}` }, name));
  by_id(id).classList.remove("computing");
  by_id(id).replaceChildren(chart, element("p", { className: "keys small" }, ...keys));
}

// Horizontal bars: [[name, value], …].
function bar_chart(id, bars) {
  const most = Math.max(...bars.map(([, value]) => value)) || 1;
  const lines = bars.map(([name, value]) => {
    const bar = element("span", { className: "length" });
    bar.style.width = `${(100 * value) / most}%`;
    return element("li", {}, element("span", { className: "name" }, name), element("span", { className: "track" }, bar),
      element("span", { className: "value" }, number(value, 2)));
  });
  by_id(id).replaceChildren(element("ul", { className: "lengths" }, ...lines));
}
