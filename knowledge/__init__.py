"""The documented knowledge base, and what finds the article that answers a message. Knows nobody but `problems`."""
