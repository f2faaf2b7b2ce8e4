// Formulas first, then reveal.js: a slide that is hidden has no sizes for MathJax to measure.
// With ?print in the address the slides stand one below the other, as they are printed; ?print&notes adds the notes.
const root = document.documentElement, printing = new URLSearchParams(location.search).has("print");
if (printing) {
  document.getElementById("of-reveal").media = "not all";
  document.getElementById("of-print").media = "all";
  root.classList.toggle("with-notes", new URLSearchParams(location.search).has("notes"));
}
window.MathJax = {
  tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]] },
  svg: { fontCache: "local" },
  options: { enableMenu: false },
  startup: { pageReady: () => MathJax.startup.defaultPageReady().then(begin) },
};
function begin() {
  root.dataset.ready = "yes";
  if (printing) return;
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, transition: "none",
    controls: false, slideNumber: false, plugins: [RevealNotes],
  });
}
