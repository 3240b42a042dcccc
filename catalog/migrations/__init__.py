"""How the schema came to be: one file a change, applied by `catalog/schema.py`."""
