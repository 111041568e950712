"""Reviews as files: CSV, JSONL and Label Studio JSON, without loss in either direction."""
