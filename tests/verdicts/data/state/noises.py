import logging
import warnings


def quietly():
    warnings.simplefilter("ignore")
    warnings.warn("quiet", UserWarning)
    warnings.filters.pop(0)  # mutate: warnings.filters.pop(0) => pass [survived]
    warnings._filters_mutated() if hasattr(warnings, "_filters_mutated") else None
    return True


def silence():
    logging.disable(logging.CRITICAL)
    logging.getLogger("noises").error("unheard")
    logging.disable(logging.NOTSET)  # mutate: logging.disable(logging.NOTSET) => pass [survived]
    return True


def warn():
    warnings.warn("old", DeprecationWarning)  # mutate: DeprecationWarning => UserWarning [killed]


def log():
    logging.getLogger("noises").error("heard")  # mutate: "heard" => "seen" [killed]
