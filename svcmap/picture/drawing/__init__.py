"""The path picture, pure: a `PathView` in, lines of styled text out. No Textual in here."""
