// Added to a copy of the page by browser.py: what does not fit a slide, and what is too small to read.
window.addEventListener("load", () => {
  const wait = () => (document.documentElement.dataset.ready ? report() : setTimeout(wait, 50));
  wait();
  function report() {
    const slides = [...document.querySelectorAll(".slide")], found = [];
    slides.forEach((slide, i) => {
      const box = slide.getBoundingClientRect(), floor = box.bottom - 44;
      const scale = box.height / 720;
      const say = (what, node, text) => found.push([i + 1, what, text || (node.textContent || node.tagName).trim().slice(0, 40)]);
      for (const node of slide.querySelectorAll("h2, .sub, p, li, pre, td, img, svg, mjx-container, footer span")) {
        const r = node.getBoundingClientRect(), inFooter = node.closest("footer");
        if (!r.width) continue;
        if (r.left < box.left - 1 || r.right > box.right + 1) say("wider than the slide", node);
        if (r.bottom > (inFooter ? box.bottom : floor) + 1) say("below the slide", node);
        if (node.scrollWidth > node.clientWidth + 2 && node.tagName === "PRE") say("code cut off", node);
        if (node.tagName === "IMG" && !node.naturalWidth) say("no picture", node, "img");
      }
      const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const parent = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || parent.closest("footer, mjx-container")) continue;
        const size = parseFloat(getComputedStyle(parent).fontSize);
        if (size < 26) say(`${size} px`, parent);
      }
      if (/\\[(\[]/.test([...slide.querySelectorAll("p, li, h2, td")].map((n) => n.textContent).join(" "))) say("a formula is not set", slide, "\\(");
      if (slide.querySelector("mjx-merror, [data-mjx-error]")) say("a formula has a mistake", slide, "TeX");
    });
    const out = document.createElement("script");
    out.type = "application/json"; out.id = "check";
    out.textContent = JSON.stringify({ slides: slides.length, found });
    document.body.append(out);
  }
});
