"""Tables: the second notation of manifests, a row an entry and a column a key."""
