"""Weights from the Hugging Face hub, through its own package, an extra. Imports `errors`."""

from vitnp.errors import InputError, install

BESIDE = ("config.json", "preprocessor_config.json")  # what the arrays do not say; few have both
FILES = ("model.safetensors", "pytorch_model.bin")  # the first that the repository has


def download(repository, folder, endpoint=None):
    """The weights of OWNER/NAME, with the JSON files that belong beside them; the weights' path.

    Raises InputError without the package or the network, and for a repository that is not there or has no weights.
    """
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError:
        raise InputError(f"hf: needs the package huggingface_hub; install it with {install('hub')}") from None

    def get(name):
        """The path of one file, None if the repository has none of that name."""
        try:
            return huggingface_hub.hf_hub_download(repository, name, local_dir=folder, endpoint=endpoint)
        except errors.LocalEntryNotFoundError:  # a kind of EntryNotFoundError, but it means no network
            raise InputError(
                f"cannot reach the hub for {repository}; check the network and try again"
            ) from None
        except errors.EntryNotFoundError:
            return None
        except Exception as problem:  # refusals come as the hub's errors, its HTTP library's, or ValueError
            raise InputError(f"{repository} cannot be had from the hub ({_line(problem)})") from None

    for name in BESIDE:
        get(name)
    for name in FILES:
        path = get(name)
        if path:
            return path
    raise InputError(f"{repository} has neither {' nor '.join(FILES)}; name one that holds a ViT's weights")


def _line(problem):
    return str(problem).strip().partition("\n")[0] or type(problem).__name__
