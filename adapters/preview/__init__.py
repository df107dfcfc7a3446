"""Articles as the platforms will show them, for their authors: a page on this machine, beside no desk."""
