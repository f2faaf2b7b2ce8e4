"""Random numbers for dropout: of a whole batch on the host, or drawn on a device."""

import numpy as np


class BatchShare:
    """A generator for images start…stop of a batch: of what the whole batch would draw, the share's part.

    So dropout does not depend on how the batch was split.
    """

    def __init__(self, seed, start, stop, batch_size):
        self.bit_generator = np.random.PCG64(seed)
        self.generator = np.random.Generator(self.bit_generator)
        self.before, self.own, self.after = start, stop - start, batch_size - stop

    def bytes(self, length):
        """What `Generator.bytes` gives for these images; the length is a multiple of 8 for each of them."""
        words = length // 8 // self.own
        self.bit_generator.advance(self.before * words)
        drawn = self.generator.bytes(length)
        self.bit_generator.advance(self.after * words)
        return drawn


class DeviceDraws:
    """Random numbers drawn in the memory of `xp`, which is not NumPy: the same seeds, the same numbers.

    Every draw has a Philox generator of its own, whose state costs next to nothing; so a copy of this object, as
    `encoder` makes it to run a block again, draws the same once more.
    """

    def __init__(self, xp, *seeds, draws=0):
        self.xp, self.seeds, self.draws = xp, [int(seed) for seed in seeds], draws

    def random(self, shape, dtype):
        """Uniform in 0…1."""
        self.draws += 1
        xp = self.xp
        generator = xp.random.Generator(xp.random.Philox4x3210([*self.seeds, self.draws]))
        return generator.random(shape, dtype)

    def __deepcopy__(self, memo):
        return DeviceDraws(self.xp, *self.seeds, draws=self.draws)
