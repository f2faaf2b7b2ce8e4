"""The fields of a configuration. Imports `errors`."""

import dataclasses

from vitnp.errors import InputError, did_you_mean


def check_fields(names, of):
    """Raise InputError, naming the near ones, for a name that is no field of the dataclass."""
    fields = sorted(field.name for field in dataclasses.fields(of))
    for name in names:
        if name not in fields:
            what = "preprocessing" if of.__name__ == "Preprocessing" else "configuration"
            raise InputError(
                f'{what} field "{name}" is unknown; {did_you_mean(name, fields)}choose from {", ".join(fields)}'
            )
