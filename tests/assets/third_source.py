"""A source that none of ours is, registered as one would be; then the command line as ever."""

import os

import pyarrow as pa

import resources.sources


class Greetings:
    """Takes thanks for praise; how sure, it says."""

    name = "greetings"
    about = "Votes of words of thanks."

    def version(self, task) -> str:
        return f"{task.name} {os.environ['GREETINGS']}"

    def vote(self, _task, items: pa.Table) -> pa.Table:
        rows = [
            {
                "item_id": row["item_id"],
                "voter": "greetings/thanks",
                "label": "praise",
                "confidence": 0.9,
            }
            for row in items.to_pylist()
            if (row["text"] or "").startswith("Thank you")
        ]
        fields = ("item_id", "voter", "label"), ("confidence",)
        schema = [(n, pa.string()) for n in fields[0]] + [(n, pa.float64()) for n in fields[1]]
        return pa.Table.from_pylist(rows, schema=pa.schema(schema))


resources.sources.SOURCES = (Greetings(),)

if __name__ == "__main__":
    from cli.app import main

    main()
