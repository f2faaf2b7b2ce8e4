def of(name, config):
    return "formula", "back"
