"""Masks for dropout, drawn on the host or on a device. Imports `arrays`.

Whoever draws has one method, `keep(shape, rate, like)`: a mask of that shape in the memory where `like` is, in which
each value is False with probability `rate`. A copy (copy.deepcopy) draws the same masks as the original will.
"""

import math

import numpy as np

from vitnp.backend.arrays import array_module


def of(rng):
    """What draws with `rng`: a NumPy generator is wrapped; the classes below are taken as they are."""
    return HostDraws(rng) if isinstance(rng, np.random.Generator) else rng


class HostDraws:
    """Draws with a NumPy generator, on the host, so that NumPy and CuPy drop the same values."""

    def __init__(self, generator):
        self.generator = generator

    def keep(self, shape, rate, like):
        """16 random bits decide a value, so the rate is kept to 1/65536. Every image takes whole 64-bit words."""
        images, size = shape[0], math.prod(shape[1:])
        words = math.ceil(size / 4)
        bits = memoryview(self.bits(images, words)).cast("H")
        keep = array_module(like).asarray(bits).reshape(images, 4 * words)[:, :size] >= round(rate * 65536)
        return keep.reshape(shape)

    def bits(self, images, words):
        """The random bits, `words` 64-bit words per image."""
        return self.generator.bytes(8 * words * images)


class BatchShare(HostDraws):
    """Draws for images start…stop of a batch what they would get if the batch were not split."""

    def __init__(self, seed, start, stop, batch_size):
        super().__init__(np.random.Generator(np.random.PCG64(seed)))
        self.before, self.after = start, batch_size - stop

    def bits(self, images, words):
        """The bits of these images; those of the images before and after them are skipped."""
        skip = self.generator.bit_generator.advance
        skip(self.before * words)
        drawn = super().bits(images, words)
        skip(self.after * words)
        return drawn


class DeviceDraws:
    """Draws in the memory of `xp`, which is not NumPy, so that nothing is sent: the same seeds, the same masks.

    Every draw has a Philox generator of its own, whose state costs next to nothing; so a copy of this object, as
    `encoder` makes it to run a block again, draws the same once more.
    """

    def __init__(self, xp, *seeds, draws=0):
        self.xp, self.seeds, self.draws = xp, [int(seed) for seed in seeds], draws

    def keep(self, shape, rate, like):
        """A uniform number in 0…1 decides a value; `like` is on this device."""
        self.draws += 1
        xp = self.xp
        generator = xp.random.Generator(xp.random.Philox4x3210([*self.seeds, self.draws]))
        return generator.random(shape, dtype="float32") >= rate

    def __deepcopy__(self, memo):
        return DeviceDraws(self.xp, *self.seeds, draws=self.draws)
