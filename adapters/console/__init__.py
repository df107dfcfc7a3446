"""The terminal as a chat platform: the desk listens on a Unix-domain socket, `firstline chat` is the other end.

On the desk's side: `platform`, `door`, `session`, `watch`. In the terminal: `chat`, `link`, `screen`, `forms`, `tty`
and the drawing. Between them: `wire`.
"""
