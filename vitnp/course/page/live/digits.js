// The real test digits: the next one, of a class, or one that the model gets wrong.

let digit_number = -1;

function start_digits() {
  on("next-digit", "click", () => choose((digit) => [digit.label, ""].includes(wanted_class())));
  on("wrong-digit", "click", () => choose((digit) => predicted(pass({}, digit.image)) !== digit.label));
  on("class", "change", () => by_id("next-digit").click());
}

function wanted_class() {
  return by_id("class").value === "" ? "" : Number(by_id("class").value);
}

// The next test digit, round and round, for which this is true.
function choose(wanted) {
  const count = live.digits.length;
  for (let i = 1; i <= count; i++) {
    const number = (digit_number + i) % count;
    if (wanted(live.digits[number])) return show_digit(number);
  }
  set_text("which", word("none_wrong"));
}

function show_digit(number) {
  digit_number = number;
  strokes = [];
  draw_pad();
  take(live.digits[number].image, live.digits[number].label, { number });
}

function draw_digits() {
  options(by_id("class"), [["", word("any_class")], ...label_options().slice(1)], by_id("class").value);
  const { number: n, drawn } = live.source ?? {};
  const about = drawn ? {} : { n: n + 1, count: live.digits.length, label: live.digits[n].label };
  const kind = drawn ? (live.image.some(Boolean) ? "is_drawn" : "is_blank") : "is_digit";
  set_text("which", word(kind, about));
  const order = Array.from(live.saved.probabilities.data, (p, k) => [p, k]).sort(([a], [b]) => b - a);
  const logits = live.saved.logits.data;
  table("top-three", [word("class"), word("probability"), word("logit")],
    order.slice(0, 3).map(([p, k]) => [String(k), share(p), number(logits[k])]));
}
