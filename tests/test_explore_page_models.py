"""The explore page of other models in a browser, and its policy: nothing leaves the file."""

import pytest
from explore_pages import ready, written
from test_page_collected import OTHERS, traced


def test_nothing_can_be_asked_for(opened, tmp_path):
    """The policy, and not only good manners: a script put into the page reaches nothing, and no other one runs."""
    page = ready(opened, written(tmp_path / "page.html", *traced())).page
    blocked = page.evaluate("""() => new Promise((done) => {
        const blocked = [];
        setTimeout(() => done(blocked), 10_000);
        addEventListener("securitypolicyviolation", ({effectiveDirective, disposition}) => {
          if (blocked.push(`${effectiveDirective} ${disposition}`) === 5) {
            done(blocked);
          }
        });
        fetch("https://example.org/f").catch(() => {});
        for (const [tag, key, value] of [
          ["img", "src", "https://example.org/i.png"], ["script", "text", "window.ran = 1"],
          ["link", "href", "https://example.org/l.css"], ["iframe", "src", "https://example.org/"],
        ]) {
          const one = document.createElement(tag);
          one.rel = "stylesheet";
          one[key] = value;
          document.body.append(one);
        }
    })""")
    parts = ("connect-src", "frame-src", "img-src", "script-src-elem", "style-src-elem")
    assert sorted(blocked) == [f"{part} enforce" for part in parts]
    assert not page.evaluate("'ran' in window")


@pytest.mark.parametrize(
    "fields", [f for name, f in OTHERS.items() if name != "plain"], ids=lambda f: " ".join(map(str, f))
)
def test_other_models(opened, tmp_path, fields):
    """No class token, registers, other positions: every tensor is shown, forward and backward, on every map."""
    t, config, picture = traced(**fields)
    found = ready(opened, written(tmp_path / "page.html", t, config, picture))
    walk_everywhere(found)
    assert found.page.locator("#tokens button").count() == config.num_tokens - config.num_patches
    assert found.silent()


def walk_everywhere(found):
    """Show every tensor on the maps, and its gradient; the text on the right is that of the tensor."""
    names = found.page.evaluate("""() => {
        const said = [];
        for (const back of [false, true]) {
          for (const [i, tensor] of Object.keys(vitnp.data.json.tensors).entries()) {
            vitnp.show({tensor, back, map: "norm", head: i % 3 - 1});
            said.push([document.getElementById("tensor-name").textContent, vitnp.data.json.tensors[tensor].slide_name]);
          }
          for (const map of ["token", "cls", "rollout"]) {
            vitnp.show({map});
          }
        }
        return said;
    }""")
    assert all(shown.endswith(name) for shown, name in names) and any(
        shown.startswith("∂") for shown, _ in names
    )


def test_a_model_without_a_head(opened, tmp_path):
    t, config, picture = traced(label=None, num_classes=0)
    path = written(tmp_path / "page.html", t, config, picture, label=None, names=(), no_loss="no_head")
    found = ready(opened, path)
    assert found.page.locator("#gradient").is_disabled()
    assert "no classification head" in found.page.locator("#gradient-why").inner_text()
    assert not found.page.locator("#random").is_visible()
    assert found.silent()


def test_a_link_chooses_the_language(opened, tmp_path):
    page = ready(opened, written(tmp_path / "page.html", *traced())).page
    page.goto(f"{page.url}#ko")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("document.documentElement.lang") == "ko"
