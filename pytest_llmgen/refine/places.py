"""Where generated tests go: file names that no two modules share."""

from __future__ import annotations

import re
from hashlib import blake2b

PREFIX = "test_llmgen_"


def file_name(module_name: str, number: int = 1) -> str:
    """The test file of a module; ``number`` above 1 names the files beside one that a person edited.

    ``shop.cart`` is ``test_llmgen_shop_cart.py`` and ``shop_cart`` is ``test_llmgen_shop__cart.py``: a dot becomes
    an underscore, an underscore two.  No dots, because pytest imports the stem as a module's name.
    """
    stem = module_name.replace("_", "__").replace(".", "_")
    if re.search(r"_\.", module_name):  # ``a_.b`` and ``a._b`` would be one
        stem += f"_{blake2b(module_name.encode(), digest_size=3).hexdigest()}"
    return f"{PREFIX}{stem}{f'_{number}' if number > 1 else ''}.py"
