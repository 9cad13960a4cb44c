"""Is this robustness number to be believed? Checks for gradient masking, weak attacks and slips of evaluation."""

import importlib
import sys
from types import ModuleType
from typing import Any


class _Trust(ModuleType):
    """This package, which is also the function ``ancra.trust`` of notebooks: the two share a name."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return importlib.import_module("ancra.notebook").trust(*arguments, **options)


sys.modules[__name__].__class__ = _Trust
