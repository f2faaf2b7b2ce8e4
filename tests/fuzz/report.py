"""What came of the search, as a table and a list."""

ROW = "{:10} {:>9} {:>9} {:>8} {:>10} {:>8} {:>7} {:>10} {:>9}"
HEADER = ROW.format(
    "target", "inputs", "accepted", "minutes", "tracebacks", "wrong", "other", "peak MB", "longest"
)


def kinds(found, *starts):
    """How many of the kinds start with one of these words."""
    return sum(kind.startswith(starts) for kind in found)


def row(name, results):
    """One line of the table, of one target or of all."""
    found = [kind for result in results for kind in result.found]
    tracebacks, wrong = kinds(found, "traceback"), kinds(found, "wrong")
    inputs, accepted = (sum(result.numbers[name] for result in results) for name in ("inputs", "accepted"))
    memory, longest = (max(result.numbers[name] for result in results) for name in ("memory", "longest"))
    minutes = f"{sum(result.minutes for result in results):.1f}"
    others = len(found) - tracebacks - wrong
    return ROW.format(
        name, f"{inputs:,}", f"{accepted:,}", minutes, tracebacks, wrong, others, memory >> 20, longest
    )


def verdict(results, folder):
    """What it comes to, in one line."""
    count = sum(len(result.found) for result in results)
    if not count:
        return "nothing failed: every input gave the right result, or was refused in one line"
    return f"{count} kinds of failure; the smallest input of each is in {folder}"


def listed(results):
    """Each kind of failure with its smallest input."""
    lines = []
    for result in results:
        for kind, (case, finding) in sorted(result.found.items()):
            lines.append(
                f"{result.target}: {ascii(kind)[1:-1]}\n    {case.words!a}, {case.size:,} bytes: {finding.what}"
            )
    return "\n".join(lines)
