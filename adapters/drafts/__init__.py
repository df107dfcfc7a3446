"""A folder as a platform: what is written to it becomes files, drafts of articles for somebody to review."""
