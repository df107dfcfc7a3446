"""The web page: a chat for employees, the technicians' channel and the queue, hosted by Firstline itself."""
