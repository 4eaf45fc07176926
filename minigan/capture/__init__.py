"""A step recorded once and replayed without Python: record, fuse, play, profile."""
