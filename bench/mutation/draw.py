"""Draw mutants with cosmic-ray's operators, at random with a fixed seed.

    python bench/mutation/draw.py > MUTANTS.json

One at most a place in the text. Left out is what nobody would write by mistake or could see:
annotations, decorators, raised messages, joined strings and paths, `strict=`, `is` between values,
arithmetic by `%`, `//` and `**` where other arithmetic stood.
"""

import ast
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

SEED = 20260302
MONEY = (
    "collecting", "labelling", "ledger/budget", "ledger/ledger", "ledger/rows", "ledger/summary",
    "outcome", "providers/pace", "providers/price", "providers/room", "providers/tally",
    "providers/worst_case", "quote", "recall", "waiting",
)  # fmt: skip
DRAWN = {
    "assets": (70, sorted(Path("assets").rglob("*.py"))),
    "expectations": (20, sorted(Path("expectations").glob("*.py"))),
    "money": (30, [Path("labeling/llm") / f"{name}.py" for name in MONEY]),
}
SWAPS = {"Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Is_IsNot", "IsNot_Is", "Delete_Not"}
SWAPS |= {f"{a}_{b}" for a in ("Lt", "LtE", "Gt", "GtE") for b in ("Lt", "LtE", "Gt", "GtE")}
SWAPS |= {"Eq_NotEq", "NotEq_Eq", "USub_UAdd", "In_NotIn", "NotIn_In"}
WHOLE = {
    "NumberReplacer", "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr",
    "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
}  # fmt: skip


def main() -> None:
    rng = random.Random(SEED)
    drawn = []
    for package, (count, paths) in DRAWN.items():
        found = [(path, spec) for path in paths for spec in mutants(path)]
        print(f"{package}: {len(found)} mutants in {len(paths)} modules", file=sys.stderr)
        rng.shuffle(found)
        places = set()
        for path, spec in found:
            operator = get_operator(spec.operator_name)()
            changed = mutate_code(path.read_text("utf-8"), operator, spec.occurrence)
            if changed is not None and (path, spec.start_pos) not in places:
                places.add((path, spec.start_pos))
                drawn.append(
                    {"package": package, "path": str(path), "line": spec.start_pos[0],
                     "operator": spec.operator_name.removeprefix("core/"), "source": changed}
                )  # fmt: skip
            if len(places) == count:
                break
    json.dump(drawn, sys.stdout)


def mutants(path: Path) -> Iterator:
    spans = list(quiet(ast.parse(path.read_text("utf-8"))))
    for item in _all_work_items([path], {}):
        (spec,) = item.mutations
        name = spec.operator_name.removeprefix("core/")
        wanted = name in WHOLE or name.partition("Operator_")[2] in SWAPS
        if wanted and not any(low <= spec.start_pos < high for low, high in spans):
            yield spec


def quiet(tree: ast.Module) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a change would be no mistake of anybody's: begin and end, as (line, column)."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.AnnAssign | ast.arg):
            parts = [node.annotation]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            parts = [*node.decorator_list, getattr(node, "returns", None)]
        elif isinstance(node, ast.Raise):
            parts = [node]
        elif isinstance(node, ast.keyword) and node.arg in ("strict", "frozen", "zero_copy_only"):
            parts = [node.value]
        elif isinstance(node, ast.BinOp) and any(map(is_text, (node.left, node.right))):
            yield (
                (node.left.end_lineno, node.left.end_col_offset),
                (node.right.lineno, node.right.col_offset),
            )
        for part in filter(None, parts):
            yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


if __name__ == "__main__":
    main()
