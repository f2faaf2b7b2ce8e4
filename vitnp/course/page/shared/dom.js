// What both pages share: the data in the file, elements, the two languages, light and dark.

// The bytes of the file's blob: uint32 n, n bytes of JSON, zeros up to a multiple of 8, then the binary part.
async function unpacked() {
  const text = document.getElementById("data").textContent.trim();
  const packed = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : from_base64(text);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { json, binary: new Uint8Array(buffer, Math.ceil((4 + length) / 8) * 8) };
}

function from_base64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = characters.charCodeAt(i);
  }
  return bytes;
}

function by_id(id) {
  return document.getElementById(id);
}

// An element: properties by name; a name with a hyphen, and role, is an attribute; what follows goes inside.
function element(tag, properties = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "colspan" || name === "scope") {
      made.setAttribute(name, value);
    } else {
      made[name] = value;
    }
  }
  made.append(...inside);
  return made;
}

// Only where the text is another, so that the browser has nothing to lay out again.
function write(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function set_text(id, text) {
  write(by_id(id), text);
}

const spoken = { language: "ko", words: {} };

// The text of a key in the chosen language, {name} replaced by values.name.
function word(key, values = {}) {
  return filled(in_language(spoken.words[key]) ?? key, values);
}

function in_language(texts) {
  return texts && texts[spoken.language];
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

// Every element with data-word gets that text, with data-label that aria-label and, of a button, that tooltip.
function set_language(language) {
  spoken.language = language;
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-word]")) {
    one.textContent = word(one.dataset.word);
  }
  for (const one of document.querySelectorAll("[data-label]")) {
    one.setAttribute("aria-label", word(one.dataset.label));
    if (one.tagName === "BUTTON") {
      one.title = word(one.dataset.label);
    }
  }
}

function is_dark() {
  return document.documentElement.classList.contains("dark");
}

let theme_chosen = false;
function set_dark(dark) {
  theme_chosen = true;
  document.documentElement.classList.toggle("dark", dark);
}

// The system's choice, until somebody chooses: changed() is called when the system's changes.
function follow_system_theme(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark", system.matches);
  follow();
  system.addEventListener("change", () => {
    if (!theme_chosen) {
      follow();
      changed();
    }
  });
}

// What a screen reader reads out: the last choice, not every one on the way to it.
let announcing = 0;
function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => set_text("announce", text), 300);
}

// A number in at most `digits` significant digits, with a real minus sign.
function number(value, digits = 4) {
  if (value === 0) {
    return "0";
  }
  const size = Math.abs(value);
  const text = size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(digits))) : value.toExponential(digits - 1);
  return text.replace(/-/g, "−");
}

function percent(value, digits = 3) {
  return `${number(100 * value, digits)}%`;
}
