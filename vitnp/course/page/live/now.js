// The digit that is always in sight: picture, ten probabilities, loss, and what is not as it was trained.

function start_now() {
  const bars = by_id("bars");
  for (let k = 0; k < live.config.num_classes; k++) {
    const fill = element("span", { className: "fill" });
    bars.append(element("div", { className: "bar" }, fill, element("b", {}, String(k))));
  }
  for (const id of ["label", "step-label"]) {
    on(id, "change", (event) => {
      choose_label(event.target.value === "" ? null : Number(event.target.value));
    });
  }
  on("reset-all", "click", () => {
    Object.assign(live, { p: live.first, how: as_trained(), history: [] });
    show_controls();
    refresh();
  });
}

function label_options() {
  const classes = Array.from({ length: live.config.num_classes }, (_, k) => [String(k), String(k)]);
  const own = live.label === null ? word("label_predicted_is", { digit: live.chosen }) : word("label_predicted");
  return [["", own], ...classes];
}

function show_now() {
  picture(by_id("digit"), seen(), ...live.config.image_size, paper);
  by_id("digit").setAttribute("aria-label", word("digit_label"));
  const probabilities = Array.from(live.saved.probabilities.data);
  const best = predicted(live.saved);
  [...by_id("bars").children].forEach((bar, k) => {
    bar.firstChild.style.height = `${100 * probabilities[k]}%`;
    bar.classList.toggle("best", k === best);
    bar.classList.toggle("label", k === live.chosen);
  });
  by_id("bars").setAttribute("aria-label", probabilities.map((p, k) => `${k}: ${share(p)}`).join(", "));
  set_text("verdict", word("verdict", { digit: best, p: share(probabilities[best]) }));
  set_text("loss", word("loss_is", { loss: number(live.loss, 3) }));
  const label = live.label === null ? "" : String(live.label);
  for (const id of ["label", "step-label"]) options(by_id(id), label_options(), label);
  const changes = altered();
  set_text("altered", changes.join(" · "));
  by_id("reset-all").hidden = changes.length === 0;
}

function altered() {
  const off = live.how.heads.flat().filter((one) => !one).length;
  return [
    live.history.length && word("altered_steps", { n: live.history.length }),
    live.how.order && word("altered_order"),
    !live.how.positions && word("altered_positions"),
    off && word("altered_heads", { n: off }),
    !live.how.scale && word("altered_scale"),
    live.how.temperature !== 1 && word("altered_temperature", { T: number(live.how.temperature, 3) }),
  ].filter(Boolean);
}

// Every control as the state has it.
function show_controls() {
  by_id("positions-on").checked = live.how.positions;
  by_id("scale-on").checked = live.how.scale;
  by_id("temperature").value = Math.log10(live.how.temperature);
}
