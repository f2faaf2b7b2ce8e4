"""The page that `vitnp demo` leaves: one file with every table and picture, in one language, for light and dark."""

import base64
import html
from pathlib import Path

from vitnp import __version__
from vitnp.commands.demo_texts import ABOUT, COLUMNS, FACTS, HEADINGS, PARAGRAPHS, SUMMARY, TITLE
from vitnp.course.slides import by
from vitnp.system.writing import beside

STYLE = Path(__file__).with_name("demo.css")


def write(path, found, *, seed, lang):
    """Write the page. found: {"walk", "check", "history", "pictures"}, as `vitnp demo` has them."""
    pictures = {picture.path.stem: picture for picture in found["pictures"]}
    epochs = found["history"]
    parts = [
        facts(found, lang),
        heading("photo", lang),
        shown(pictures["patches"]),
        paragraph("walk", lang),
        folded("walk", table("walk", walk_rows(found["walk"], lang), lang), lang, True),
        heading("backward", lang),
        paragraph("backward", lang),
        folded("backward", table("backward", backward_rows(found["walk"]), lang), lang),
        paragraph("check", lang),
        folded("check", table("check", check_rows(found["check"]), lang), lang),
        heading("trained", lang),
        shown(pictures["attention"], pictures["positions"]),
        heading("digits", lang),
        shown(pictures["curves"], pictures["predictions"]),
        folded("train", table("train", epoch_rows(epochs), lang), lang),
        shown(pictures["digit-attention"], pictures["digit-positions"]),
        f"<footer>{html.escape(ABOUT.in_(lang).format(version=__version__, seed=seed))}</footer>",
    ]
    title = html.escape(TITLE.in_(lang))
    page = (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<style>{STYLE.read_text('utf-8')}</style></head><body><main>\n<h1>{title}</h1>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )
    with beside(path) as part:
        Path(part).write_text(page, encoding="utf-8")


def facts(found, lang):
    """The row of four numbers at the top."""
    walk, check, last = found["walk"], found["check"], found["history"][-1]
    tensors = [tensor for row in walk["rows"] for tensor in row["tensors"]]
    numbers = (
        f"{sum(tensor['ok'] for tensor in tensors)}/{len(tensors)}",
        f"{sum(record['ok'] for record in walk['backward'])}/{len(walk['backward'])}",
        f"{largest_error(check):.0e}",
        f"{last['test_accuracy']:.1%}",
    )
    cards = "".join(
        f"<li><b>{number}</b>{html.escape(what)}</li>"
        for number, what in zip(numbers, FACTS.in_(lang), strict=True)
    )
    return f"<ul class=facts>{cards}</ul>"


def largest_error(check):
    """The largest relative error by the complex step; by differences where none was taken."""
    by_complex, by_difference = check.worst
    return by_difference if by_complex is None else by_complex


def heading(name, lang):
    """A heading of the second level."""
    return f"<h2>{html.escape(HEADINGS[name].in_(lang))}</h2>"


def paragraph(name, lang):
    """A paragraph of prose."""
    return f"<p>{html.escape(PARAGRAPHS[name].in_(lang))}</p>"


def shown(*pictures):
    """Pictures beside each other, each with its caption; on a phone below each other."""
    figures = []
    for picture in pictures:
        data = base64.b64encode(Path(picture.path).read_bytes()).decode()
        figures.append(
            f'<figure><img src="data:image/png;base64,{data}" alt="{html.escape(picture.alt)}">'
            f"<figcaption>{html.escape(picture.what)}</figcaption></figure>"
        )
    return f"<div class=row>{''.join(figures)}</div>"


def folded(name, table, lang, opened=False):
    """A table that can be folded away, with the command that prints it."""
    what, command = SUMMARY[name]
    summary = f"{html.escape(what.in_(lang))} <code>{html.escape(command)}</code>"
    return f"<details{' open' if opened else ''}><summary>{summary}</summary><div class=scroll>{table}</div></details>"


def table(name, rows, lang):
    """A table of HTML; rows: (class, cells). ✓, ✗ and ≠ are colored."""
    head = "".join(f"<th scope=col>{html.escape(text)}</th>" for text in COLUMNS[name].in_(lang))
    lines = [f"<tr{f' class={kind}' if kind else ''}>{in_cells(cells)}</tr>" for kind, cells in rows]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def in_cells(cells):
    """The cells of a row; of two the second, a title or a note, goes over all other columns."""
    first, *others = map(marked, cells)
    wide = " colspan=4" if len(others) == 1 else ""
    return f"<td>{first}</td>" + "".join(f"<td{wide}>{other}</td>" for other in others)


def marked(text):
    """The text of a cell, its marks in their colors."""
    text = html.escape(str(text))
    for mark, kind in (("✓", "ok"), ("✗", "no"), ("≠", "odd")):
        text = text.replace(mark, f"<span class={kind}>{mark}</span>")
    return text


def walk_rows(walk, lang):
    """The rows of the slides: their titles, tensors and errata."""
    for row in walk["rows"]:
        yield "title", [row["step"] or "", row[f"title_{lang}"]]
        for tensor in row["tensors"]:
            printed = by(tensor["printed"]) if tensor["printed"] else "—"
            printed += " ≠" if tensor["misprinted"] else ""
            mark = "✓" if tensor["ok"] else f"✗ {by(tensor['expected'])}"
            yield "", ["", tensor["slide_name"], by(tensor["shape"]), printed, mark]
        for erratum in row["errata"]:
            note = f"≠ “{erratum['printed']}” → {erratum['true']} ({erratum[f'why_{lang}']})"
            yield "note", ["", note]


def backward_rows(walk):
    """A row per gradient, in the order of the backward pass."""
    for record in walk["backward"]:
        mark = "✓" if record["ok"] else "✗"
        yield (
            "",
            [record["step"], f"∂loss/∂{record['name']}", by(record["shape"]), f"{record['norm']:.3g}", mark],
        )


def check_rows(check):
    """A row per leaf of the small model."""
    for leaf in check.leaves:
        exact = "—" if leaf.complex_error is None else f"{leaf.complex_error:.0e}"
        mark = "✓" if leaf.ok else "✗"
        yield "", [leaf.name, by(leaf.shape), exact, f"{leaf.difference_error:.0e}", mark]


def epoch_rows(history):
    """A row per epoch; the best one is marked."""
    best = max(history, key=lambda row: row["test_accuracy"])
    for row in history:
        cells = [f"{row['epoch']:.0f}", f"{row['loss']:.4f}", f"{row['train_accuracy']:.2%}"]
        yield "best" if row is best else "", [*cells, f"{row['test_accuracy']:.2%}", f"{row['lr']:.1e}"]
