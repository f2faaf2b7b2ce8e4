"""The training loop with sentences: it asks the source, the data and the task, and presumes no images."""

import dataclasses

import numpy as np
import pytest

from vitnp import InputError, models, preset, tree
from vitnp.data import batches, digits, sentences
from vitnp.data.sentences import numbers
from vitnp.data.sentences.sources import Encoder, Fixed
from vitnp.engine import decoding
from vitnp.inputs.text import to_texts
from vitnp.tasks import Classification
from vitnp.tasks.evaluate import accuracy
from vitnp.tasks.translation import Translation
from vitnp.training import guards, loop
from vitnp.training.display import Display
from vitnp.training.progress import Epoch
from vitnp.training.recipes import RECIPES, Recipe

DATA = sentences.opened("number-to-korean")
CONFIG = preset("translate-small", **DATA.fields, hidden_size=16, num_heads=2, num_layers=1, mlp_dim=16)
FEW = dataclasses.replace(RECIPES["translate"], steps=5, batch_size=8, warmup_steps=2)


def fresh():
    """Untrained parameters."""
    return models.of(CONFIG).init(np.random.default_rng(0), CONFIG)


def trained(data=DATA, recipe=FEW, **how):
    """(p, history) of a training."""
    p = fresh()
    task = loop.How(Translation(recipe.label_smoothing), workers=1)
    return p, loop.train(p, CONFIG, data, recipe, rng=np.random.default_rng(1), how=task, **how)


def test_new_pairs_at_every_step():
    """An epoch's batches follow from seed and number; other seeds, other steps, other pairs."""
    first, again, other = (
        [
            read
            for read, _ in zip(
                batches(DATA.train, np.arange(64), batch_size=8, seed=seed), range(3), strict=False
            )
        ]
        for seed in (5, 5, 6)
    )
    for one, two in zip(first, again, strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
    texts = [tuple(to_texts(source, CONFIG)) for source, _ in (*first, *other)]
    assert len(set(texts)) == 6


def test_it_stops_between_two_steps_and_goes_on_to_the_bit():
    whole, history = trained()
    for step in (1, 3):
        stop = iter(range(1, 9))
        with pytest.raises(loop.Stopped) as stopped:
            trained(watch=loop.Watch(stop=lambda stop=stop, step=step: next(stop) == step))
        p, rest = trained(resume=stopped.value.progress)
        assert [epoch._replace(seconds=0, images_per_second=0) for epoch in rest] == [
            epoch._replace(seconds=0, images_per_second=0) for epoch in history
        ]
        for name, leaf in tree.leaves(whole):
            np.testing.assert_array_equal(leaf, tree.get(p, name), err_msg=name)


def test_micro_batches_and_threads_change_rounding_alone():
    """The loss is a mean over tokens, so slices of a batch of unlike lengths have unlike weights."""
    recipe = dataclasses.replace(FEW, steps=1, label_smoothing=0.0, average=0.0, optimizer="sgd", lr=1.0)
    config = dataclasses.replace(CONFIG, dropout_rate=0.0)
    found = []
    for micro_batch, workers in ((None, 1), (3, 1), (None, 2)):
        p = fresh()
        one = dataclasses.replace(recipe, micro_batch=micro_batch)
        how = loop.How(Translation(), workers=workers)
        loop.train(p, config, DATA, one, rng=np.random.default_rng(1), how=how)
        found.append(p)
    for name, leaf in tree.leaves(found[0]):
        for p in found[1:]:
            np.testing.assert_allclose(tree.get(p, name), leaf, atol=2e-5, err_msg=name)


def test_the_accuracy_is_of_whole_sentences():
    """What greedy decoding gets right, of 70 test sentences: a batch of 64, and 6 more; 30 have a wrong target."""
    recipe = Recipe(steps=150, batch_size=35, lr=0.01, warmup_steps=20, schedule="inverse-sqrt", dropout=0.0)
    data = DATA._replace(train=short_numbers(), test=short_numbers(wrong=30))
    p, history = trained(data, recipe)
    source, target = data.test.read(range(70))
    found = to_texts(decoding.greedy(source, p, CONFIG), CONFIG)
    right = [one == two for one, two in zip(found, to_texts(target, CONFIG), strict=True)]
    got = accuracy(Translation(), data.test, p, CONFIG)
    assert 0.3 < np.mean(right) <= 40 / 70
    assert got == np.mean(right) == history[-1].test_accuracy


def short_numbers(wrong=0):
    """The numbers 0 to 69 as a source; the first so many have the words of the next number."""
    encoder = Encoder(DATA.split, DATA.source_symbols, DATA.target_symbols)
    return Fixed(
        [(str(number), numbers.to_words(number + (number < wrong))) for number in range(70)], encoder, {}
    )


def refusal(**fields):
    """Why the sentences do not fit a model with these fields; "" where they do."""
    try:
        guards.check_fit(DATA, dataclasses.replace(CONFIG, **fields), Translation())
    except InputError as problem:
        return str(problem)
    return ""


def test_a_model_that_does_not_fit():
    """Longer than the sentences is right, shorter is not; nor is another vocabulary, or one in another order."""
    assert refusal(source_length=9, target_length=90) == ""
    assert "source_length 8, the model 7; give it that of the sentences, or more" in refusal(source_length=7)
    assert "the sentences have target_length 15, the model 14; give it" in refusal(target_length=14)
    assert "have source_symbols" in refusal(source_symbols=CONFIG.source_symbols[::-1])
    assert refusal(split="jamo").endswith(
        "split 'characters', the model 'jamo'; give it that of the sentences"
    )


def test_sentences_for_a_model_of_images_and_the_other_way_round():
    with pytest.raises(InputError, match="the data is sequences and the model reads images"):
        guards.check_fit(DATA, preset("digits"), Classification())
    with pytest.raises(InputError, match="the data is images and the model reads sequences"):
        guards.check_fit(digits.load(), CONFIG, Translation())


def test_what_sentences_have_not():
    for change, said in (({"augment": ("flip",)}, "augment=flip"), ({"mixup": 0.2}, "mixup=0.2")):
        with pytest.raises(
            InputError, match=f"the recipe has {said}, which is of images; sentences take none"
        ):
            trained(recipe=dataclasses.replace(FEW, **change))
    with pytest.raises(InputError, match="there are no sentences to measure on"):
        accuracy(Translation(), DATA.test, fresh(), CONFIG, rows=[])
    with pytest.raises(InputError, match="this task is trained in float32; leave out float16"):
        guards.check_dtype("float16", Translation())
    with pytest.raises(InputError, match="the data has 0 sentences to learn from and 1000 to test"):
        guards.check_fit(DATA._replace(train=Empty()), CONFIG, Translation())


class Empty(type(DATA.test)):
    """A source of no pairs."""

    def __init__(self):
        super().__init__([], None, {})


def test_a_checkpoint_remembers_which_sentences():
    """Another task, another seed: other sentences."""
    given = (("numbers", 0), ("numbers", 1), ("number-to-korean", 0))
    found = [sentences.opened(task, seed=seed).about for task, seed in given]
    assert found[0] == sentences.opened("numbers").about
    assert len({str(about) for about in found}) == 3


def test_the_line_counts_sentences(capsys):
    display = Display(FEW, 100, unit="sentences")
    display.on_epoch(Epoch(1, 0.5, 0.25, 0.125, 1e-3, 2.0, 900.0))
    display.close()
    assert capsys.readouterr().out.rstrip().endswith("test  12.50%* lr 1.0e-03  900 sentences/s")
