def best(t, config):
    return None


def stops(config, *, trained, best):
    return []
