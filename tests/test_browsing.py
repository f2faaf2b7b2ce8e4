"""What the tests of pages stand on: a page that throws, prints or asks for something is found out."""

import pytest


def test_what_a_page_does_is_seen(opened, tmp_path):
    quiet = tmp_path / "quiet.html"
    quiet.write_text(
        "<!doctype html><title>quiet</title><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"
    )
    assert opened(quiet).silent()
    loud = tmp_path / "loud.html"
    loud.write_text(
        "<!doctype html><img src='https://example.org/a.png'>"
        "<script>console.log('said'); setTimeout(() => { throw Error('thrown'); })</script>"
    )
    found = opened(loud, viewport={"width": 390, "height": 844})
    found.page.evaluate("() => new Promise((done) => setTimeout(done))")  # after the timer of the page
    assert ("log", "said") in found.console
    assert found.errors == ["thrown"]
    assert found.requests == [loud.as_uri(), "https://example.org/a.png"]
    assert found.page.viewport_size == {"width": 390, "height": 844}
    with pytest.raises(AssertionError):
        found.silent()
