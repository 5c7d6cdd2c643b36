"""What strangers say in JSON, and what their JSON Schemas ask for: read, bounded, checked, explained."""
