def of(config):
    return {}
